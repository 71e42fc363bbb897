import { createRequire } from 'node:module';

/** The part of the package that is read: the common passwords are some 49,000, in lower case. */
interface LanguagePackage {
  readonly dictionary: { readonly 'passwords-common': readonly string[] };
}

const PACKAGE = '@zxcvbn-ts/language-common';

let common: ReadonlySet<string> | undefined;

/** Whether the password is among those that are tried first, in whatever case and with whatever spaces around it. */
export function isCommonPassword(password: string): boolean {
  // Unpacking the list takes some 30 ms, which neither a start nor `--help` should wait for.
  common ??= new Set((createRequire(import.meta.url)(PACKAGE) as LanguagePackage).dictionary['passwords-common']);
  return common.has(password.trim().toLowerCase());
}
