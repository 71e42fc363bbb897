import { Catch, ConflictException, NotFoundException, type ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { Prisma } from './generated/client.js';

/** Answers what Prisma says of a row that is not there, or that is there already. */
@Catch(Prisma.PrismaClientKnownRequestError)
export class PrismaErrorFilter extends BaseExceptionFilter {
  override catch(error: Prisma.PrismaClientKnownRequestError, host: ArgumentsHost): void {
    super.catch(meaningOf(error), host);
  }
}

function meaningOf(error: Prisma.PrismaClientKnownRequestError): Error {
  if (error.code === 'P2025') return new NotFoundException();
  if (error.code === 'P2002') return new ConflictException('There is one with this id already.');
  return error;
}
