import type { Client } from './client.ts'

/** How a client reaches the gateway. */
export type Target =
  | { readonly kind: 'http'; readonly url: string }
  | { readonly kind: 'stdio'; readonly command: string; readonly args: readonly string[] }

export interface Wanted {
  readonly name: string
  readonly target: Target
  /** The variable that holds the key; nothing where no key is wanted, or the client cannot name one. */
  readonly variable: string | undefined
}

export type Entry = Readonly<Record<string, unknown>>

/** The entry that leads a client to the gateway, in the client's own words. It never holds a key. */
export function entryFor(client: Client, wanted: Wanted): Entry {
  const named = client.named ? { name: wanted.name } : {}
  const { target } = wanted
  if (target.kind === 'http') {
    if (!client.http) throw new TypeError(`${client.title} takes no URL`)
    const { before, url, after } = client.http
    return { ...before, ...named, [url]: target.url, ...httpKey(client, wanted), ...after }
  }
  const { before, command, args, after } = client.stdio
  const program =
    args === undefined
      ? { [command]: [target.command, ...target.args] }
      : { [command]: target.command, [args]: target.args }
  return { ...before, ...named, ...program, ...stdioKey(client, wanted), ...after }
}

/** A text in which the client puts the value of a variable. */
export function referTo(client: Client, variable: string): string | undefined {
  return client.key?.kind === 'text' ? client.key.variable.replace('NAME', variable) : undefined
}

function httpKey(client: Client, { variable }: Wanted): Entry {
  const { key } = client
  if (!key || variable === undefined) return {}
  if (key.kind === 'name') return { [key.http]: variable }
  const headers = { Authorization: `Bearer ${referTo(client, variable)}` }
  return { headers, ...(key.declares === undefined ? {} : { [key.declares]: [variable] }) }
}

function stdioKey({ key, stdio }: Client, { variable }: Wanted): Entry {
  if (!key || variable === undefined) return {}
  if (key.kind === 'name') return { [key.stdio]: [variable] }
  if (key.declares !== undefined) return { [key.declares]: [variable] }
  return { [stdio.env]: { [variable]: key.variable.replace('NAME', variable) } }
}
