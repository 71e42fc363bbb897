import { defineConfig } from 'prisma/config';

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  // Without one the client can be generated all the same.
  datasource: { url: process.env['DATABASE_URL'] ?? '' },
});
