// A process of its own that uses an embedded database: `node database-user.mjs MODULE OPTIONS [UID:GID]`. It acquires,
// prints the database's URL, and releases at the end of its input. SIGINT does not end it, as it does not end the service.
import { runnerImport } from 'vite';

const [file, options, user] = process.argv.slice(2);
process.on('SIGINT', () => undefined);
const { module } = await runnerImport(file);
if (user !== undefined) {
  const [uid, gid] = user.split(':').map(Number);
  process.setgroups([]);
  process.setgid(gid);
  process.setuid(uid);
}
try {
  const postgres = await module.acquireEmbeddedPostgres({
    ...JSON.parse(options),
    log: (line) => console.error(line),
  });
  console.log(postgres.databaseUrl);
  process.stdin.resume();
  process.stdin.on('end', () => {
    void postgres.release().then(() => process.exit(0));
  });
} catch (error) {
  console.error(error);
  process.exit(1);
}
