import { flagsOf, stepsOf, type CompletedCommand } from './completed-commands.js';

/** The completion of the commands for bash 3.2 and newer. */
export function bashCompletion(commands: readonly CompletedCommand[]): string {
  return `# Completion of castellan for bash: eval "$(castellan completion bash)"
_castellan() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" at="" words="" options="" i
  COMPREPLY=()
  # Readline takes --option=value apart.
  if [[ "$cur" == "=" ]]; then cur=""
  elif [[ "$prev" == "=" ]]; then prev="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ "\${COMP_WORDS[i]}" == "--" ]] && return
    case "$at \${COMP_WORDS[i]}" in
      ${stepsOf(commands).map(quoted).join('|')})
        at="\${at:+$at }\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$at:$prev" in
${valuesOf(commands)}
  esac
  case "$at" in
${commands.map(lineOf).join('\n')}
  esac
  [[ "$cur" == -* ]] && words="$options"
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _castellan castellan
`;
}

function valuesOf(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap(({ name, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .map((option) => {
        const patterns = flagsOf(option).map((flag) => quoted(`${name}:${flag}`));
        const reply =
          option.choices.length > 0 ? `COMPREPLY=($(compgen -W ${quoted(option.choices.join(' '))} -- "$cur")); ` : '';
        return `    ${patterns.join('|')}) ${reply}return ;;`;
      }),
  );
  return lines.join('\n');
}

function lineOf({ name, words, options }: CompletedCommand): string {
  const all = words.map(({ word }) => word).join(' ');
  return `    ${quoted(name)}) words=${quoted(all)}; options=${quoted(options.flatMap(flagsOf).join(' '))} ;;`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
