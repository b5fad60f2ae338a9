import { readFileSync } from 'node:fs'

/** `package.json` lies beside `src` and `dist` alike. */
const manifest: { readonly version: string } = JSON.parse(
  readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
)

export const { version } = manifest
