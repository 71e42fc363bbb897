import { stepsOf, type CompletedCommand, type CompletedOption } from './completed-commands.js';

/** The completion of the commands for fish, with what each does. */
export function fishCompletion(commands: readonly CompletedCommand[]): string {
  return `# Completion of castellan for fish: castellan completion fish > ~/.config/fish/completions/castellan.fish
function __castellan_at
    set -l at ''
    set -l line (commandline -opc)
    for word in $line[2..-1]
        if test "$word" = --
            return 1
        end
        switch "$at $word"
            case ${stepsOf(commands).map(quoted).join(' ')}
                set at (string trim -- "$at $word")
        end
    end
    test "$at" = "$argv[1]"
end

complete -c castellan -e
${commands.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ name, words, options }: CompletedCommand): string[] {
  const start = `complete -c castellan -n ${quoted(`__castellan_at ${quoted(name)}`)}`;
  return [
    ...words.map(({ word, says }) => `${start} -f -a ${quoted(word)} -d ${quoted(says)}`),
    ...options.map((option) => `${start} ${optionParts(option)} -d ${quoted(option.says)}`),
  ];
}

function optionParts({ short, long, takesValue, choices }: CompletedOption): string {
  return [
    ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
    ...(long === undefined ? [] : [`-l ${long.slice(2)}`]),
    ...(choices.length > 0 ? [`-x -a ${quoted(choices.join(' '))}`] : takesValue ? ['-r'] : []),
  ].join(' ');
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
}
