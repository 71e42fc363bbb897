import { addUsers } from './add-users.js';
import { migrate } from './migrate.js';

const { DATABASE_URL: databaseUrl } = process.env;
if (!databaseUrl) throw new Error('DATABASE_URL names no database; `castellan run` does.');

for (const name of await migrate(databaseUrl)) console.log(`Applied the migration ${name}.`);
const password = 'only-for-trying-out';
const added = await addUsers(databaseUrl, ['alice', 'bob', 'carol', 'dave'], password);
if (added.length > 0) console.log(`Added ${added.join(', ')}, with the password ${password}.`);
