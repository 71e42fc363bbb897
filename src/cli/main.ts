#!/usr/bin/env node
import { run } from './program.js';

const { status, atOnce } = await run(process.argv.slice(2));
process.exitCode = status;
// What was interrupted may still hold the process up with work that nobody waits for.
if (atOnce) process.exit();
