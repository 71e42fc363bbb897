import { ConfigError, readConfig } from './app/config.js';
import { serve } from './app/serve.js';

try {
  await serve(readConfig(), { write: (line) => process.stdout.write(`${line}\n`) });
} catch (error) {
  process.stderr.write(
    `${error instanceof ConfigError || (error instanceof Error && 'code' in error) ? error.message : String((error as Error)?.stack ?? error)}\n`,
  );
  process.exitCode = 1;
}
