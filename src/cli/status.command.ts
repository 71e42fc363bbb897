import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Count, ServiceStatus, Status } from '../app/operator-status.js';
import { CommandError } from './command-error.js';
import { examples, onDatabase, operatorSetting, type Context, type DatabaseOptions } from './context.js';
import { EXIT } from './exit-status.js';

const HELP = `
Tells whether the database answers, which release its tables are of, and how much is in it. Nothing is started, made or migrated.
With --url, tells whether the service there is ready instead. Exits with 69 when the database, or the service, is out of reach.
`;

/** `castellan status` */
export function statusCommand(program: Command, { output, finish }: Context): void {
  onDatabase(program.command('status').description('tell how the database is, or a running service'))
    .addOption(new Option('--url <url>', 'ask the service there whether it is ready').argParser(httpUrl))
    .addHelpText('after', HELP + examples('status', 'status --json', 'status --url http://127.0.0.1:3000'))
    .action(async ({ url, ...given }: DatabaseOptions & { url?: string }) => {
      const { askService, readStatus } = await import('../app/operator-status.js');
      if (url !== undefined) {
        requireNoCredentials(url);
        const service = await askService(url, given.wait * 1000);
        await output.answer({ version: program.version(), service }, [serviceLine(service)]);
        finish(service.ready ? EXIT.fine : EXIT.unavailable);
        return;
      }
      const { config, options } = await operatorSetting(given);
      const status = await readStatus(config, output.note, options.waitMs);
      await output.answer({ version: program.version(), ...status }, told(program.version() ?? '', status));
    });
}

function httpUrl(text: string): string {
  if (/^https?:\/\/[^\s]+$/.test(text) && URL.canParse(text)) return text;
  throw new InvalidArgumentError('It must begin with http:// or https://.');
}

// It takes no sign-in, and the URL is printed.
function requireNoCredentials(url: string): void {
  const { username, password } = new URL(url);
  if (username !== '' || password !== '') throw new CommandError('--url must not hold a username or a password.');
}

function serviceLine({ url, ready, status }: ServiceStatus): string {
  if (ready) return `The service at ${url} is ready.`;
  if (status === null) return `The service at ${url} does not answer.`;
  return status === 200
    ? `What answers at ${url} is no Castellan service.`
    : `The service at ${url} is not ready (${status}).`;
}

function told(version: string, { embedded, database }: Status): string[] {
  const { serverVersion, sizeBytes, migrations, counts, lastChange, connections } = database;
  const rows: [string, string][] = [
    ['castellan', version],
    [
      'database',
      `Postgres ${serverVersion}, ${sizeOf(sizeBytes)}${embedded ? `, embedded in ${embedded.dataDir}` : ''}`,
    ],
    ['migrated to', migrationLine(migrations)],
    ['in use by', usersLine(connections, embedded)],
    ...Object.entries(counts ?? {}).map(([name, count]): [string, string] => [name, countLine(count)]),
    ['last change', lastChange ? `${lastChange.at}  ${lastChange.action} (${lastChange.id})` : 'none'],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
}

function migrationLine({ latest, pending, unknown }: Status['database']['migrations']): string {
  const parts = [latest ?? 'nothing yet'];
  if (pending.length > 0) parts.push(`${pending.length} to come: castellan migrate`);
  if (unknown.length > 0) parts.push(`${unknown.length} of a newer release`);
  return parts.join(', ');
}

function usersLine({ services, all }: Status['database']['connections'], embedded: Status['embedded']): string {
  const processes = embedded ? `, processes ${embedded.users.join(', ') || 'none'}` : '';
  return `${services} connections of services, ${all - services} of others${processes}`;
}

function countLine({ count, estimate }: Count): string {
  return estimate ? `about ${count} (an estimate)` : String(count);
}

function sizeOf(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power] ?? ''}`;
}
