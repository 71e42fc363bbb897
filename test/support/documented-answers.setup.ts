import { afterEach } from 'vitest';
import { refuseUndocumented } from './undocumented-notes.js';

// Whatever a test is about, each answer that the service gives in it has to be as described.
afterEach(refuseUndocumented);
