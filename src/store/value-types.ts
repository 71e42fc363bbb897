import pg from 'pg';

type Parser = (text: string) => unknown;

// By the OID of the type, which never changes.
const PARSERS: ReadonlyMap<number, Parser> = new Map<number, Parser>([
  [16, (text) => text === 't'],
  [20, String],
  [21, Number],
  [23, Number],
  [25, String],
  [114, JSON.parse],
  [1043, String],
  [3802, JSON.parse],
]);

/** How values are read, whatever an app has set for its own: the parsers of `pg` are those of the whole process. */
export const VALUE_TYPES: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    (format === 'binary' ? undefined : PARSERS.get(oid)) ??
    pg.types.getTypeParser(oid, format)) as pg.CustomTypesConfig['getTypeParser'],
};
