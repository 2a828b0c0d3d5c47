# Completion of ddltap for bash.

_ddltap()
{
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command='' i
    local commands='init proxy status list show diff review edit apply undo discard restore squash split verify lint scan commit check hook doctor config'
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        -C | -c) ((i++)) ;;
        -*) ;;
        *)
            command=${COMP_WORDS[i]}
            break
            ;;
        esac
    done
    COMPREPLY=()
    if [[ $previous == -C && -z $command ]]; then
        mapfile -t COMPREPLY < <(compgen -d -- "$word")
        return
    fi
    if [[ $previous == -c && -z $command ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(ddltap config 2>/dev/null | awk '{print $1 "="}')" -- "$word")
        compopt -o nospace
        return
    fi
    local options
    case $command in
    '') options="$commands -C -c --no-color --help --version" ;;
    init) options='--url --database --upstream --listen --force --no-color --help' ;;
    list) options='--all --json --no-color --help' ;;
    show | diff)
        options='--json --sql --no-color --help'
        if [[ $command == diff ]]; then
            options="$options --summary --against"
        fi
        if [[ $previous == --against ]]; then
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
            return
        fi
        if [[ $word != -* ]]; then
            options=$(ddltap list --all --no-color 2>/dev/null | awk '$1 ~ /^#/ {sub("#", "", $1); print $1}')
        fi
        ;;
    review | edit | apply | discard | restore | undo | squash | split | verify | commit)
        options='--no-color --help'
        case $command in
        undo) options="$options --yes --no-verify" ;;
        apply) options="$options --yes" ;;
        commit) options="$options -m --dry-run --verbatim --head --amend --no-git --no-stamp --no-lint --no-verify --undo --pushed" ;;
        squash) options="$options --undo" ;;
        verify) options="$options --full --on --json" ;;
        esac
        if [[ $word != -* ]]; then
            options=$(ddltap list --all --no-color 2>/dev/null | awk '$1 ~ /^#/ {sub("#", "", $1); print $1}')
        fi
        ;;
    lint)
        options='--strict --offline --on --rules --json --no-color --help'
        if [[ $word != -* ]]; then
            options=$(ddltap list --no-color 2>/dev/null | awk '{sub("#", "", $1); print $1}')
        fi
        ;;
    check) options='--offline --json --no-color --help' ;;
    hook) options='install uninstall run --force --no-color --help' ;;
    config) options='--json --markdown --no-color --help' ;;
    status | doctor) options='--json --no-color --help' ;;
    scan) options='--full --accept --json --no-color --help' ;;
    proxy) options='--listen --no-color --help' ;;
    *) options='' ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
}

complete -F _ddltap ddltap
