import { Argument, type Command } from 'commander';
import { examples, type Context } from './context.js';

const HELP = `
Prints a script that has the shell complete commands, options and their values. No database is looked for.

  bash: eval "$(castellan completion bash)" in ~/.bashrc
  zsh:  eval "$(castellan completion zsh)" in ~/.zshrc, below compinit
  fish: castellan completion fish > ~/.config/fish/completions/castellan.fish
`;

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** `castellan completion SHELL` */
export function completionCommand(program: Command, { output }: Context): void {
  program
    .command('completion')
    .description('print a script by which a shell completes castellan')
    .addArgument(new Argument('<shell>', 'whose script it is to be').choices(SHELLS))
    .addHelpText('after', HELP + examples('completion bash', 'completion fish'))
    .action(async (shell: (typeof SHELLS)[number]) => {
      const [{ completedCommands }, { bashCompletion }, { zshCompletion }, { fishCompletion }] = await Promise.all([
        import('./completion/completed-commands.js'),
        import('./completion/bash-completion.js'),
        import('./completion/zsh-completion.js'),
        import('./completion/fish-completion.js'),
      ]);
      const scripts = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };
      await output.lines([scripts[shell](completedCommands(program)).trimEnd()]);
    });
}
