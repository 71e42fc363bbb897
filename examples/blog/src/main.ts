import { createBlog, type Platform } from './create-blog.js';

const { DATABASE_URL: databaseUrl, PLATFORM: platform = 'fastify', PORT: port = '4000' } = process.env;
if (!databaseUrl) throw new Error('DATABASE_URL names no database; `castellan run` does.');

const blog = await createBlog({ databaseUrl, platform: platform as Platform });
blog.enableShutdownHooks();
await blog.listen(Number(port), '127.0.0.1');
console.log(`The blog answers on http://127.0.0.1:${port}, on ${platform}.`);
