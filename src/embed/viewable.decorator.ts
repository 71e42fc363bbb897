import { Inject, Injectable, createParamDecorator, type ExecutionContext, type PipeTransform } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Mode } from '../core/model.js';
import { requestOf } from '../nest/authorized-request.js';
import { MODE } from '../nest/route-policy.js';
import type { AccessModel } from './access-model.js';
import { Authz } from './authz.js';
import { AUTHZ_BEHAVIOUR } from './authz-behaviour.js';
import type { AuthzBehaviour } from './authz-options.js';
import { stateOf, type RequestState } from './request-state.js';
import { viewableRows, type ViewableOptions, type ViewableRows } from './viewable.js';

interface Asked {
  readonly state: RequestState;
  readonly model: AccessModel;
  /** What `@Mode` says of the route. */
  readonly routeMode: Mode | undefined;
  readonly options: ViewableOptions;
}

/** Asks for the rows, once the request's parameters are read: a decorator of its own can not wait. */
@Injectable()
export class ViewablePipe implements PipeTransform<Asked, Promise<ViewableRows>> {
  constructor(
    private readonly authz: Authz,
    @Inject(AUTHZ_BEHAVIOUR) private readonly behaviour: AuthzBehaviour,
  ) {}

  async transform({ state, model, routeMode, options }: Asked): Promise<ViewableRows> {
    const { subject } = await state.caller();
    const mode = options.mode ?? routeMode ?? this.behaviour.defaults?.mode;
    return viewableRows(this.authz.engine, subject, model, { ...options, mode });
  }
}

const reflector = new Reflector();
const asked = createParamDecorator(
  ({ model, options }: Pick<Asked, 'model' | 'options'>, context: ExecutionContext): Asked => ({
    state: stateOf(requestOf(context)),
    model,
    routeMode: reflector.getAllAndOverride<Mode | undefined>(MODE, [context.getHandler(), context.getClass()]),
    options,
  }),
);

/**
 * The rows of the model that the subject of the request may view, in a handler's parameter: a Prisma `where`, or SQL.
 *
 * @example
 * \@Get()
 * list(\@Viewable(documents) viewable: ViewableRows<Prisma.DocumentWhereInput>) {
 *   return this.prisma.document.findMany({ where: viewable.where, orderBy: { createdAt: 'desc' }, take: 50 });
 * }
 */
export const Viewable = (model: AccessModel, options: ViewableOptions = {}): ParameterDecorator =>
  asked({ model, options }, ViewablePipe);
