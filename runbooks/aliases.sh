# shellcheck shell=bash
# What an operator types every day, for bash and zsh: `. runbooks/aliases.sh`. `nba-help` lists it.
#
# NBA_PROJECT_ID    the project; REBOUND_PROJECT when it is not set
# NBA_REGION        the region of services and schedules; REGION when it is not set
# NBA_BUCKET        the bucket with raw files
# NBA_PROJECT_ROOT  the platform's checkout
# NBA_RUNBOOKS      the folder with the pages; that of this file when it is not set
# NBA_BACKUP_URL    where the backup function answers; FUNCTION when it is not set
# NBA_SERVICES      the services that nba-deploy knows, as "analytics=SERVICE precompute=SERVICE"
# NBA_DEPLOY        what deploys one; bin/deploy-service.sh of the checkout when it is not set

# zsh calls a file that is read `$0`.
NBA_RUNBOOKS="${NBA_RUNBOOKS:-$(cd "$(dirname "${BASH_SOURCE[0]:-$0}")" && pwd)}"
NBA_PROJECT_ID="${NBA_PROJECT_ID:-${REBOUND_PROJECT:-}}"
NBA_REGION="${NBA_REGION:-${REGION:-}}"
NBA_BACKUP_URL="${NBA_BACKUP_URL:-${FUNCTION:-}}"
NBA_SERVICES="${NBA_SERVICES:-analytics=nba-phase3-analytics-processors precompute=nba-phase4-precompute-processors predictions=prediction-coordinator}"

# Ask before something dangerous. Where nobody can answer, the answer is no.
_nba_ask() {
    if [ ! -t 0 ]; then
        printf '%s: nobody is there to say yes\n' "$1" >&2
        return 1
    fi
    printf '%s? [y/N] ' "$1" >&2
    local answer=''
    read -r answer
    case "$answer" in
    y | Y | yes) return 0 ;;
    *)
        printf 'nothing was done\n' >&2
        return 1
        ;;
    esac
}

# The day of games is New York's. GNU and BSD differ in how they name yesterday.
_nba_day() {
    case "$1" in
    today) TZ=America/New_York date +%F ;;
    yesterday)
        TZ=America/New_York date -d yesterday +%F 2>/dev/null ||
            TZ=America/New_York date -v-1d +%F
        ;;
    esac
}

_nba_objects() { gcloud storage ls "gs://${NBA_BUCKET:?set NBA_BUCKET}/*/*/$(_nba_day "$1")/"; }
_nba_count() { gcloud storage ls --recursive "gs://${NBA_BUCKET:?set NBA_BUCKET}/${1:?name a prefix}" | grep -c '[^:/]$'; }
_nba_logs() { gcloud logging read "$1" --project="${NBA_PROJECT_ID:?set NBA_PROJECT_ID}" --freshness=1d --limit="${2:-10}"; }
_nba_run_job() {
    _nba_ask "run the schedule ${1:?name a schedule} now" &&
        gcloud scheduler jobs run "$1" --location="${NBA_REGION:?set NBA_REGION}" --project="${NBA_PROJECT_ID:?set NBA_PROJECT_ID}"
}
# Call a service with a token. On standard input, the token is in no list of processes.
_nba_call() {
    local url="$1" method="$2" data="$3" token=''
    token="$(nba-token)" || return
    set --
    if [ -n "$data" ]; then
        set -- --data "$data"
    fi
    printf 'Authorization: Bearer %s\n' "$token" |
        curl --fail-with-body --silent --show-error --request "$method" --header @- \
            --header 'Content-Type: application/json' "$@" "$url"
}
# A run with a name of its own. A schedule that is run by force carries its NEXT time, and the function
# refuses it: it would stand for a night that has not come.
_nba_backup() {
    local run="${1:-by-hand-$(date -u +%Y%m%d-%H%M%S)}"
    _nba_ask "make the backup $run, at ${NBA_BACKUP_URL:?set NBA_BACKUP_URL}" || return
    _nba_call "$NBA_BACKUP_URL" POST "{\"run_id\": \"$run\"}" && return
    printf '\nnot complete; this goes on with it: backup-now %s\n' "$run" >&2
    return 1
}

# Monitoring
alias nba-status='rebound ops quick'
alias nba-dash='rebound ops'
alias nba-dashboard='rebound ops full'
alias nba-pipeline='rebound ops pipeline'
alias nba-workflows='rebound ops workflows'
alias nba-errors='rebound ops errors'
alias nba-backfill='rebound ops backfill'
alias nba-mon='rebound ops quick --watch 60'
alias nba-monitor='rebound ops full --watch 300'

# BigQuery
alias bq-nba='bq --project_id="${NBA_PROJECT_ID:?set NBA_PROJECT_ID}" query --nouse_legacy_sql'
alias bq-health='rebound ops query scorecard'
alias bq-phase3='rebound ops query daily-statistics'
alias bq-phase4='rebound ops query missing-phase4'
alias bq-list='bq --project_id="${NBA_PROJECT_ID:?set NBA_PROJECT_ID}" ls'
alias bq-schema='bq --project_id="${NBA_PROJECT_ID:?set NBA_PROJECT_ID}" show --schema --format=prettyjson'

# Cloud Storage
alias gs-nba='gcloud storage ls "gs://${NBA_BUCKET:?set NBA_BUCKET}/"'
alias gs-today='_nba_objects today' # list the raw files of today, in New York
alias gs-yesterday='_nba_objects yesterday' # list those of yesterday
alias gs-count='_nba_count' # count the raw files below a prefix
alias gs-backups='gcloud storage ls "gs://${REBOUND_VAULT_BUCKET:?set REBOUND_VAULT_BUCKET}/runs/"'

# Cloud Run
alias run-list='gcloud run services list --region="${NBA_REGION:?set NBA_REGION}" --project="${NBA_PROJECT_ID:?set NBA_PROJECT_ID}"'
alias run-logs='gcloud run services logs read --region="${NBA_REGION:?set NBA_REGION}" --project="${NBA_PROJECT_ID:?set NBA_PROJECT_ID}"'
alias run-describe='gcloud run services describe --region="${NBA_REGION:?set NBA_REGION}" --project="${NBA_PROJECT_ID:?set NBA_PROJECT_ID}"'

# Cloud Scheduler. What is paused is written down, and exactly that is resumed; both ask.
alias sched-list='gcloud scheduler jobs list --location="${NBA_REGION:?set NBA_REGION}" --project="${NBA_PROJECT_ID:?set NBA_PROJECT_ID}"'
alias sched-pause-all='rebound fence'
alias sched-resume-all='rebound thaw'
alias sched-run='_nba_run_job' # run a schedule now; asks

# Workflows
alias wf-list='gcloud workflows list --location="${NBA_REGION:?set NBA_REGION}" --project="${NBA_PROJECT_ID:?set NBA_PROJECT_ID}"'
alias wf-describe='gcloud workflows describe --location="${NBA_REGION:?set NBA_REGION}" --project="${NBA_PROJECT_ID:?set NBA_PROJECT_ID}"'

# Logs
alias logs-errors='_nba_logs "severity>=ERROR" 50' # the last errors of a day
alias logs-scrapers='_nba_logs "resource.labels.service_name=~scrapers" 50' # the last lines of scrapers
alias logs-functions='_nba_logs "labels.\"goog-managed-by\"=cloudfunctions" 50' # the last lines of functions

# Validation
alias validate-phase3='rebound ops query feature-completeness'
alias validate-team='rebound ops query validation-errors'

# Backup
alias backup-now='_nba_backup' # make a backup now, or go on with the one that is named; asks
alias backup-list='rebound list'
alias dr-help='cat "${NBA_RUNBOOKS:?set NBA_RUNBOOKS}/README.md"'

# Development
alias cd-nba='cd "${NBA_PROJECT_ROOT:?set NBA_PROJECT_ROOT}"'
alias nba-venv='. "${NBA_PROJECT_ROOT:?set NBA_PROJECT_ROOT}/.venv/bin/activate"'
alias nba-test='make -C "${NBA_PROJECT_ROOT:?set NBA_PROJECT_ROOT}" test'

# nba-health: the newest backups, how fresh the tables are, and which fences stand.
nba-health() {
    rebound list --limit 3 && rebound ops query freshness && rebound fence --status
}

# nba-check-date [DATE]: what a day has of phases 3 and 4; yesterday when none is named.
nba-check-date() {
    rebound ops query daily-completeness --param "day=${1:-$(_nba_day yesterday)}"
}

# nba-tail SERVICE: the last lines of a service.
nba-tail() {
    gcloud run services logs read "${1:?name a service}" --region="${NBA_REGION:?set NBA_REGION}" \
        --project="${NBA_PROJECT_ID:?set NBA_PROJECT_ID}" --limit=50
}

# nba-token: an identity token, for services that want one.
nba-token() { gcloud auth print-identity-token; }

# nba-curl URL [METHOD] [DATA]: call a service with a token; anything but GET asks.
nba-curl() {
    local url="${1:?name an address}" method="${2:-GET}"
    if [ "$method" != GET ]; then
        _nba_ask "$method $url" || return
    fi
    _nba_call "$url" "$method" "${3:-}"
}

# nba-incident [P0|P1|P2|P3]: a name for an incident, and what to do first.
nba-incident() {
    local severity="${1:-P1}"
    case "$severity" in
    P0 | P1 | P2 | P3) ;;
    *)
        printf '%s: a severity is P0, P1, P2 or P3\n' "$severity" >&2
        return 2
        ;;
    esac
    printf 'INC-%s %s, begun %s\n' "$(date -u +%Y%m%d-%H%M)" "$severity" "$(date -u +%FT%RZ)"
    printf 'page:     %s\n' "${NBA_RUNBOOKS:?set NBA_RUNBOOKS}/README.md"
    printf 'contacts: %s\n' "$NBA_RUNBOOKS/contacts.json"
}

# nba-deploy analytics|precompute|predictions: deploy a service from the platform's checkout; asks.
nba-deploy() {
    local service=''
    service="$(printf '%s\n' "$NBA_SERVICES" | tr ' ' '\n' | sed -n "s/^${1:-}=//p")"
    if [ -z "${1:-}" ] || [ -z "$service" ]; then
        printf 'nba-deploy %s\n' "$(printf '%s\n' "$NBA_SERVICES" | tr ' ' '\n' | sed 's/=.*//' | paste -s -d '|' -)" >&2
        return 2
    fi
    _nba_ask "deploy $service to ${NBA_PROJECT_ID:?set NBA_PROJECT_ID}" &&
        "${NBA_DEPLOY:-${NBA_PROJECT_ROOT:?set NBA_PROJECT_ROOT}/bin/deploy-service.sh}" "$service"
}

# backup-verify [RUN]: read every stored file of a run; the newest when none is named.
backup-verify() { rebound verify "$@"; }

# dr-plan SCENARIO: what a recovery would do. Changes nothing.
dr-plan() { rebound plan "${1:?name a scenario}" "${@:2}"; }

# nba-help: this list.
nba-help() {
    local file="${NBA_RUNBOOKS:?set NBA_RUNBOOKS}/aliases.sh"
    sed -n -e 's/^alias \([a-z0-9-]*\)=.* # \(.*\)$/\1  \2/p' -e t \
        -e 's/^alias \([a-z0-9-]*\)=.\(.*\).$/\1  \2/p' \
        -e 's/^# \([a-z]*-[a-z-]*\)\([^:]*\): \(.*\)$/\1\2  \3/p' "$file" | sort
}
