import { dirname, delimiter } from 'node:path'

/** An environment with nothing in it but a home of its own and a path that starts with this Node. */
export function bareEnvironment(home: string): Readonly<Record<string, string>> {
  return {
    PATH: [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter),
    HOME: home,
  }
}
