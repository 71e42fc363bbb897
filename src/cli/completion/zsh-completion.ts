import { flagsOf, stepsOf, type CompletedCommand } from './completed-commands.js';

/** The completion of the commands for zsh, with what each does. */
export function zshCompletion(commands: readonly CompletedCommand[]): string {
  return `#compdef castellan
# Completion of castellan for zsh: eval "$(castellan completion zsh)", or keep it as _castellan in a folder of $fpath.
_castellan() {
  local at="" i
  local prev="\${words[CURRENT-1]}"
  local -a below flags
  for ((i = 2; i < CURRENT; i++)); do
    if [[ "\${words[i]}" == "--" ]]; then _files; return; fi
    case "$at \${words[i]}" in
      ${stepsOf(commands)
        .map((step) => `(${quoted(step)})`)
        .join('|')})
        at="\${at:+$at }\${words[i]}" ;;
    esac
  done
  case "$at:$prev" in
${valuesOf(commands)}
  esac
  case "$at" in
${commands.map(lineOf).join('\n')}
  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then
    _describe -o 'option' flags
  elif (( \${#below} )); then
    _describe 'command' below
  else
    _files
  fi
}
if [[ "\${funcstack[1]}" == "_castellan" ]]; then _castellan "$@"; else compdef _castellan castellan; fi
`;
}

function valuesOf(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap(({ name, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .map((option) => {
        const patterns = flagsOf(option).map((flag) => `(${quoted(`${name}:${flag}`)})`);
        const values = option.choices.length > 0 ? `compadd -- ${option.choices.map(quoted).join(' ')}` : '_files';
        return `    ${patterns.join('|')}) ${values}; return ;;`;
      }),
  );
  return lines.join('\n');
}

function lineOf({ name, words, options }: CompletedCommand): string {
  const below = words.map(({ word, says }) => described(word, says)).join(' ');
  const flags = options.flatMap((option) => flagsOf(option).map((flag) => described(flag, option.says))).join(' ');
  return `    (${quoted(name)}) below=(${below}); flags=(${flags}) ;;`;
}

function described(word: string, says: string): string {
  return quoted(`${word}:${says.replaceAll(':', String.raw`\:`)}`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
