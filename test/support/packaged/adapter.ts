// Each project has its own in the place of this one.
export { FastifyAdapter as Adapter } from '@nestjs/platform-fastify';
