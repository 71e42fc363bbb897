// The service under test, in a process of its own: the built service, and beside it a route that answers a constant.
import { Body, Controller, HttpCode, Module, Post } from '@nestjs/common';
import { createService } from '../dist/app/service.js';
import { Public } from '../dist/nest/route-policy.js';
import { openStore } from '../dist/store/store.js';

class ConstantController {
  answer() {
    return { decision: true };
  }
}
const handler = Object.getOwnPropertyDescriptor(ConstantController.prototype, 'answer');
Post('constant')(ConstantController.prototype, 'answer', handler);
HttpCode(200)(ConstantController.prototype, 'answer', handler);
Body()(ConstantController.prototype, 'answer', 0);
Reflect.defineMetadata('design:paramtypes', [Object], ConstantController.prototype, 'answer');
Public()(ConstantController);
Controller('bench')(ConstantController);

const ConstantModule = class {};
Module({ controllers: [ConstantController] })(ConstantModule);

const [, , url, provider] = process.argv;
const store = openStore({ url });
const app = await createService({
  store,
  publicUrl: undefined,
  report: (error) => process.send({ error: String(error?.stack ?? error) }),
  imports: [ConstantModule],
  identityProvider: provider && readProvider(JSON.parse(provider)),
});
await app.listen(0, '127.0.0.1');
process.send({ port: app.getHttpServer().address().port });
process.on('message', (message) => {
  if (message === 'memory') process.send({ memory: process.memoryUsage().rss });
  if (message === 'usage') {
    const { user, system } = process.cpuUsage();
    process.send({ usage: user + system });
  }
  if (message === 'stop') void stop();
});

function readProvider({ options, jwksUrl }) {
  return { ...options, jwksUrl: new URL(jwksUrl) };
}

async function stop() {
  await app.close();
  await store.close();
  process.disconnect();
}
