import { readFileSync } from 'node:fs'

/** The version in package.json, two folders above the sources and the compiled files alike. */
export const VERSION: string = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version
