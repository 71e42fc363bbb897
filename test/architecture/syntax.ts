import { parseFileSync } from '@swc/core';

/** A node of a file's syntax tree, loosely: its kind, and whatever else it holds. */
export interface SyntaxNode {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** Every node of a TypeScript file's syntax tree, a node before what it holds. */
export function syntaxOf(file: string): SyntaxNode[] {
  return below(parseFileSync(file, { syntax: 'typescript', decorators: true, target: 'es2022' }));
}

/** The nodes of `tree`, itself among them. */
export function below(tree: unknown): SyntaxNode[] {
  if (typeof tree !== 'object' || tree === null) return [];
  const rest = Object.values(tree).flatMap(below);
  return isNode(tree) ? [tree, ...rest] : rest;
}

/** The text of an identifier or a string literal; undefined for anything else. */
export function valueOf(node: unknown): string | undefined {
  return isNode(node) && typeof node['value'] === 'string' ? node['value'] : undefined;
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}
