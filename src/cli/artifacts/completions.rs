//! Completions: clap's, with the values that options take, without hidden options, and with files after `@`.

use clap::{Arg, Command, ValueHint};
use clap_complete::Shell;

use super::super::command;

/// The completion script of a shell.
pub(super) fn script(shell: Shell) -> Vec<u8> {
    let mut command = with_hints(command());
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command, "wsurl", &mut text);
    let text = String::from_utf8_lossy(&text);
    let text = match shell {
        Shell::Bash => bash(&text, &command),
        Shell::Zsh => zsh(&text),
        Shell::Fish => fish(&text, &command),
        _ => text.into_owned(),
    };
    text.into_bytes()
}

/// Files where an option names a file, and nothing where it takes anything else: a number is no file name.
fn with_hints(command: Command) -> Command {
    let names: Vec<_> =
        command.get_subcommands().map(|subcommand| subcommand.get_name().to_owned()).collect();
    let command = names.iter().fold(command, |command, name| command.mut_subcommand(name, with_hints));
    command.mut_args(|arg| {
        let arg = match arg.get_value_hint() {
            ValueHint::AnyPath => arg.value_hint(ValueHint::FilePath),
            ValueHint::Unknown if arg.get_action().takes_values() && !arg.is_positional() => {
                arg.value_hint(ValueHint::Other)
            }
            _ => arg,
        };
        // Only zsh has the names of values in its script, where a colon ends them.
        let name = arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
        match name.filter(|name| name.contains(':')) {
            Some(name) => arg.value_name(name.replace(':', "\\:")),
            None => arg,
        }
    })
}

/// The options of all subcommands for which `wanted` holds, as words: `-d`, `--data`, ...
fn words(command: &Command, wanted: fn(&Arg) -> bool) -> Vec<String> {
    let mut words = Vec::new();
    for arg in command.get_subcommands().flat_map(Command::get_arguments).filter(|arg| wanted(arg)) {
        words.extend(arg.get_short().map(|short| format!("-{short}")));
        words.extend(arg.get_long().map(|long| format!("--{long}")));
    }
    words.sort_unstable();
    words.dedup();
    words
}

/// Whether the value may be `@FILE`.
fn takes_file(arg: &Arg) -> bool {
    let names = arg.get_value_names().unwrap_or_default();
    names.iter().any(|name| name.ends_with("|@FILE")) && !arg.is_positional()
}

/// Puts a function before clap's, because bash splits words at `=` and `@`; and clap's lists hidden options.
fn bash(text: &str, command: &Command) -> String {
    let hidden = words(command, Arg::is_hide_set);
    let mut lines = String::new();
    for line in text.lines() {
        let options = line.trim_start().strip_prefix("opts=\"").and_then(|rest| rest.strip_suffix('"'));
        match options {
            Some(options) if options.starts_with('-') => {
                let indent = &line[..line.len() - line.trim_start().len()];
                let shown: Vec<_> =
                    options.split(' ').filter(|word| !hidden.iter().any(|name| name == word)).collect();
                lines.push_str(indent);
                lines.push_str("opts=\"");
                lines.push_str(&shown.join(" "));
                lines.push('"');
            }
            _ => lines.push_str(&line.replace("complete -F _wsurl ", "complete -F _wsurl_words ")),
        }
        lines.push('\n');
    }
    let function = BASH_WORDS.replace("OPTIONS", &words(command, takes_file).join("|"));
    // The last lines of the script register the function.
    let (before, after) = lines.rsplit_once("\nif [[").unwrap_or((&lines, ""));
    format!("{before}\n{function}\nif [[{after}")
}

const BASH_WORDS: &str = r#"# Files for @FILE, values after =, and the rest as above.
_wsurl_words() {
    local current="$2" previous="${COMP_WORDS[COMP_CWORD-1]}" prefix=""
    local option="$previous"
    if [[ "$previous" == "@" || "$previous" == "=" ]]; then
        option="${COMP_WORDS[COMP_CWORD-2]}"
    fi
    if [[ "$previous" == "@" || "${COMP_WORDS[COMP_CWORD]}" == @* ]]; then
        case "$option" in
            OPTIONS)
                if [[ "$current" == @* ]]; then
                    prefix="@"
                fi
                local IFS=$'\n'
                COMPREPLY=($(compgen -P "$prefix" -f -- "${current#@}"))
                compopt -o filenames 2>/dev/null
                if [[ -n "$prefix" && ${#COMPREPLY[@]} -eq 1 && -d "${COMPREPLY[0]#@}" ]]; then
                    COMPREPLY=("${COMPREPLY[0]}/")
                    compopt -o nospace 2>/dev/null
                fi
                return 0
                ;;
        esac
    fi
    if [[ "$current" == "=" ]]; then
        current=""
    fi
    _wsurl "$1" "$current" "$option"
}
"#;

/// zsh completes files after `@` where clap completes nothing.
fn zsh(text: &str) -> String {
    let mut lines = String::new();
    for line in text.lines() {
        let action = line.rsplit_once("|@FILE:").filter(|(_, action)| action.contains('\''));
        match action.and_then(|(before, action)| Some((before, action.split_once('\'')?.1))) {
            Some((before, after)) => {
                lines.push_str(before);
                lines.push_str("|@FILE:_wsurl_at_file'");
                lines.push_str(after);
            }
            None => lines.push_str(line),
        }
        lines.push('\n');
    }
    let (before, after) = lines.split_once("\n_wsurl() {").unwrap_or((&lines, ""));
    format!("{before}\n{ZSH_FILES}\n_wsurl() {{{after}")
}

const ZSH_FILES: &str = r"# Files after @.
_wsurl_at_file() {
    if compset -P '@'; then
        _files
    else
        _message 'text, or @FILE'
    fi
}
";

/// fish completes files after `@` where clap completes anything.
fn fish(text: &str, command: &Command) -> String {
    let options = words(command, takes_file);
    let options: Vec<_> = options.iter().filter_map(|word| word.strip_prefix("--")).collect();
    let mut lines = String::from(FISH_FILES);
    for line in text.lines() {
        // clap's condition fails while the value of an option before the subcommand is typed.
        let line = if line.contains(" -l generate ") {
            line.replace(
                "__fish_wsurl_needs_command",
                "not __fish_wsurl_using_subcommand send stream echo-test probe",
            )
        } else {
            line.to_owned()
        };
        lines.push_str(&line);
        let names = options.iter().any(|name| line.contains(&format!(" -l {name} ")));
        if names {
            lines.push_str(" -a '(__wsurl_at_file)'");
        }
        lines.push('\n');
    }
    lines
}

const FISH_FILES: &str = r"# Files after @.
function __wsurl_at_file
    set -l token (commandline -ct)
    if string match -q '@*' -- $token
        __fish_complete_path (string sub -s 2 -- $token) | string replace -r '^' '@'
    end
end

";
