import { CastellanError } from '../core/errors.js';
import type { IdForm } from '../core/id-forms.js';
import { accessViewSql } from '../store/access-view.js';

/** Which model's view is wanted. */
export interface PrismaViewOptions {
  /** The resource type whose objects the model's rows are. */
  readonly type: string;
  readonly idType: IdForm;
  /** The app's Prisma model; the type's name in capitals when absent: `Document`. */
  readonly model?: string | undefined;
  /** The view's name in the database; `document_access` when absent. */
  readonly view?: string | undefined;
  /** The app's schema in the database. */
  readonly schema?: string | undefined;
}

/** What goes into the app's schema.prisma, and into a migration. */
export interface PrismaView {
  readonly schema: string;
  readonly migration: string;
}

const FIELDS: Readonly<Record<IdForm, string>> = {
  uuid: 'String @map("object_id") @db.Uuid',
  int: 'Int    @map("object_id")',
  bigint: 'BigInt @map("object_id")',
  text: 'String @map("object_id")',
};

/** @throws CastellanError `invalid_request` for names that can't be. */
export function prismaView({ type, idType, model, view, schema = 'public' }: PrismaViewOptions): PrismaView {
  const words = type.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const modelName = model ?? words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(modelName))
    throw new CastellanError(
      'invalid_request',
      `${modelName === '' ? 'The type makes no name of a model' : `${modelName} is no name of a Prisma model`}: name one (--model), of letters, digits and _.`,
    );
  const viewName = view ?? `${words.join('_').toLowerCase()}_access`;
  const migration = accessViewSql({ type, idType, schema, view: viewName, idColumn: 'object_id' });
  return {
    schema: `// In the generator: previewFeatures = ["views"]

model ${modelName} {
  // Beside its own fields:
  access ${modelName}Access[]
}

/// Who has access to it; read by Castellan's filters.
view ${modelName}Access {
  objectId     ${FIELDS[idType]}
  holderId     Int    @map("holder_id")
  permissionId Int    @map("permission_id")
  way          String
  rule         String
  by           String

  object ${modelName} @relation(fields: [objectId], references: [id])

  @@map("${viewName}")
}
`,
    migration,
  };
}
