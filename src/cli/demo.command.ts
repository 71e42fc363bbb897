import type { Command } from 'commander';
import type { LoadedDemo } from '../app/operator-demo.js';
import { examples, onDatabase, operatorSetting, type Context, type DatabaseOptions } from './context.js';

const HELP = `
Loads the small world of the README, as serve does into a new embedded database: posts of alice and bob, carol who edits, dave who reads.
Into a database that holds something it goes only with --yes, and its users get no passwords then.
`;

/** `castellan demo` */
export function demoCommand(program: Command, { output }: Context): void {
  onDatabase(program.command('demo').description('load a small world to try things in, and say what to try'))
    .option('--yes', 'load it beside what there is already')
    .addHelpText('after', HELP + examples('demo', 'demo --yes --json'))
    .action(async ({ yes = false, ...given }: DatabaseOptions & { yes?: boolean }) => {
      const [{ withStore }, { loadDemoAsOperator }] = await Promise.all([
        import('../app/operator.js'),
        import('../app/operator-demo.js'),
      ]);
      const { config, options } = await operatorSetting(given);
      const loaded = await withStore(
        config,
        output.note,
        (store) => loadDemoAsOperator(store, { anyway: yes }),
        options,
      );
      await output.answer(loaded, told(loaded, `http://${config.host}:${config.port}`));
    });
}

function told({ password, users }: LoadedDemo, address: string): string[] {
  const names = `${users.slice(0, -1).join(', ')} and ${users.at(-1) ?? ''}`;
  const signIn =
    password === null
      ? [`The demo is loaded. ${names} have no passwords: castellan user passwd gives them one.`]
      : [`The demo is loaded. Its users ${names} share the password ${password} (shown this once).`];
  const curls =
    password === null
      ? []
      : [
          'With the service running (castellan serve), two users, one list, two answers:',
          ...['alice', 'carol'].map((user) => `  curl -u ${user}:${password} ${address}/api/v1/objects/post`),
        ];
  return [
    ...signIn,
    'Try:',
    '  castellan check user:carol change post:123',
    '  castellan list user:alice view post',
    '  castellan who-can change post:123',
    '  castellan explain user:dave view post:456',
    ...curls,
  ];
}
