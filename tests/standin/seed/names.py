"""The people and teams of the seeded platform. A fixed list: their order is part of the content."""

import unicodedata

_TEAMS = (
    "ATL BOS BKN CHA CHI CLE DAL DEN DET GSW HOU IND LAC LAL MEM "
    "MIA MIL MIN NOP NYK OKC ORL PHI PHX POR SAC SAS TOR UTA WAS"
)
TEAMS = tuple(_TEAMS.split())
PLAYERS_PER_TEAM = 22

_KNOWN = (
    "Nikola Jokić",
    "Luka Dončić",
    "Alperen Şengün",
    "Kristaps Porziņģis",
    "Bogdan Bogdanović",
    "Jonas Valančiūnas",
    "Dāvis Bertāns",
    "Dario Šarić",
    "Vasilije Micić",
    "Moussa Diabaté",
    "Théo Maledon",
    "Juancho Hernangómez",
    "Goran Dragić",
    "Boban Marjanović",
    "Nikola Vučević",
    "Jusuf Nurkić",
    "Tidjane Salaün",
    "Luka Šamanić",
    "Dennis Schröder",
    "Ömer Yurtseven",
    "De'Aaron Fox",
    "Karl-Anthony Towns",
    "Shai Gilgeous-Alexander",
    "Kelly Oubre Jr.",
    "Robert Williams III",
)
_FIRST = (
    "Aaron Andre Brandon Bruce Caleb Cameron Chris Cole Damian Davion Derrick Devin Donte Dwight "
    "Elijah Evan Franz Gary Grant Harrison Isaiah Jalen Jaylen Jordan José Josh Keegan Kevin Kyle "
    "Malik Marcus Mason Miles Naz Obi Patrick Quentin Rui Saddiq Terance Trey Tyler Victor Zach"
)
_LAST = (
    "Adams Allen Anderson Barnes Bridges Brown Bryant Clarke Collins Davis Edwards Ellis Evans "
    "Garland Gordon Green Hachimura Hart Hayes Hunter Ingram Jackson Johnson Jones Kennard Lee "
    "Lopez Martin McDaniels Mitchell Murray Nembhard Okongwu Payne Powell Reid Robinson Sexton "
    "Smart Strus Suggs Thompson Turner Vassell Wagner Washington White Wiggins Young Zubac"
)
_LARGE_STEP = 1_009


def player_names() -> list[str]:
    """Return the full names, one for each place in a team."""
    names = list(_KNOWN)
    first_names, last_names = _FIRST.split(), _LAST.split()
    at = 0
    while len(names) < len(TEAMS) * PLAYERS_PER_TEAM:
        # A step that shares no factor with the number of pairs meets each pair once.
        pair = at * _LARGE_STEP % (len(first_names) * len(last_names))
        names.append(
            f"{first_names[pair % len(first_names)]} {last_names[pair // len(first_names)]}"
        )
        at += 1
    # Known players are spread over the teams.
    step = len(TEAMS) * PLAYERS_PER_TEAM // len(_KNOWN)
    for index in range(len(_KNOWN)):
        names[index], names[index * step] = names[index * step], names[index]
    return names


def player_lookup(name: str) -> str:
    """Return a name as the platform looks it up: lower case, without accents or punctuation."""
    plain = unicodedata.normalize("NFKD", name).lower()
    return "".join(letter for letter in plain if letter.isascii() and letter.isalnum())
