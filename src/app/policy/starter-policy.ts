import { dirname, relative, sep } from 'node:path';
import { schemaLine } from '../export/policy-text.js';

const SCHEMA = 'node_modules/castellan/schema/castellan.schema.json';

/** The text of a policy file to begin with, for this path: its first line leads an editor to the schema of the package beside it. */
export function starterPolicy(file: string): string {
  const path = relative(dirname(file), SCHEMA).split(sep).join('/');
  return `${schemaLine(path)}${STARTER}`;
}

const STARTER = `# Who may do what. \`castellan test\` asks the tests below, without a database; \`castellan plan\` shows what \`castellan apply\` would change.

# The kinds of things that are protected. Unless told, a type has the actions view, add, change, delete and grant.
types:
  - id: folder
  - id: document
    actions: [view, add, change, delete, grant, publish]

# People. They get their passwords by \`castellan user passwd\`, not here.
users:
  - username: alice
    attributes: { department: sales }
  - username: bob

groups:
  - id: staff
    description: Those who work here
    members: [user:alice, user:bob]

# A role is a set of rules. It counts where it is assigned.
roles:
  - id: reader
    description: Sees what is published
    rules:
      - { permission: document:view, condition: { resource.status: published } }
  - id: editor
    description: Sees, changes and publishes every document
    includes: [reader]
    rules: [document:view, document:add, document:change, document:publish]

# Everywhere, or on an object and all below it.
assignments:
  - { subject: group:staff, role: reader }
  - { subject: user:alice, role: editor, object: folder:handbook }

objects:
  - { type: folder, id: handbook }
  # An id is text: one that looks like a number is quoted.
  - { type: document, id: "1", parent: folder:handbook, attributes: { status: draft } }
  - { type: document, id: "2", parent: folder:handbook, attributes: { status: published } }

# Rules given straight to somebody. One that denies outdoes whatever allows.
grants:
  - { subject: user:bob, permission: document:change, object: document:2 }
  - { subject: group:staff, permission: document:delete, object: folder:handbook, effect: deny }

tests:
  - name: the staff read what is published, and no drafts
    check:
      - { subject: user:bob, object: document:2, allow: view }
      - { subject: user:bob, object: document:1, deny: [view, change] }
    list:
      - { subject: user:bob, action: view, type: document, expect: ["2"] }

  - name: an editor of the handbook looks after what is in it
    check:
      - { subject: user:alice, object: document:1, allow: [view, change, publish], deny: [delete] }
      - { subject: user:alice, object: document, parent: folder:handbook, allow: add }
      - { subject: user:alice, object: document, deny: add }

  - name: bob changes the document that he was given
    who-can:
      - { action: change, object: document:2, type: user, expect: [user:alice, user:bob] }

  - name: strangers see nothing
    check:
      - { subject: group:anyone, object: document:2, deny: view }
`;
