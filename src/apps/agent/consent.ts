import { createInterface } from 'node:readline'
import type { ConsentCall } from './serve.ts'

/** Asks the person at this terminal, one call after the other. */
export interface Consent extends Disposable {
  ask(call: ConsentCall): Promise<boolean>
}

const longestArguments = 2000

export function createConsent(tell: (text: string) => void): Consent {
  const lines = createInterface({ input: process.stdin })
  let asking: Promise<unknown> = Promise.resolve()
  let answered: ((line: string) => void) | undefined
  let isClosed = false
  lines.on('line', (line) => answered?.(line))
  // Without anybody to answer nothing is allowed.
  lines.on('close', () => {
    isClosed = true
    answered?.('')
  })

  async function ask({ server, tool, args }: ConsentCall): Promise<boolean> {
    if (isClosed) return false
    const { promise, resolve } = Promise.withResolvers<string>()
    const shown = visible(JSON.stringify(args ?? {}, undefined, 2))
    tell(`the gateway wants to call ${visible(tool)} of ${server} with\n${shown}\nAllow it? [y/N]`)
    answered = resolve
    const line = await promise
    answered = undefined
    return /^\s*y(?:es)?\s*$/i.test(line)
  }

  return {
    ask(call) {
      const next = asking.then(() => ask(call))
      asking = next
      return next
    },
    [Symbol.dispose]: () => lines.close(),
  }
}

/** What a terminal would act on, or hide, is shown as what it is. */
function visible(text: string): string {
  const cut = text.length > longestArguments ? `${text.slice(0, longestArguments)}…` : text
  return cut.replaceAll(/[\p{Cc}\p{Cf}]/gu, (char) =>
    char === '\n' ? char : `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  )
}
