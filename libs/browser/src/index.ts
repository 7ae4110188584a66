import { bundle } from '../tools/bundle.mjs';

/** What browsers get as /posthorn.js. Made here from its sources; what is built has it as a text. */
export const POSTHORN_JS: string = await bundle();
