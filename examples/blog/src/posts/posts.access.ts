import { accessModel } from 'castellan';

/** Rows of the model Post as objects of the type post, for lists. */
export const posts = accessModel({ type: 'post', id: 'text', columns: { status: 'text' } });
