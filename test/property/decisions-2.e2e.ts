import { tellWorlds } from './tell-worlds.js';

tellWorlds(2);
