import { createComments } from './create-comments.js';

const {
  CASTELLAN_URL: url = 'http://127.0.0.1:3000',
  GATEWAY_PASSWORD: password = '',
  PORT: port = '4001',
} = process.env;

const comments = await createComments({ url, username: 'gateway', password });
comments.enableShutdownHooks();
await comments.listen(Number(port), '127.0.0.1');
console.log(`Comments are answered on http://127.0.0.1:${port}, guarded by ${url}.`);
