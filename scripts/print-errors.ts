import { failures } from '../src/contract/failure.ts'

type Words = (data: never) => unknown

/** The page of every failure, in Markdown, in the order of the table in the code. */
export function printErrorReference(): string {
  const rows = Object.entries(failures).map(([code, row]) => {
    const retry = row.retryable ? 'may be sent again' : 'not to be sent again as it is'
    return [
      `## \`${code}\``,
      sayings((data) => row.message(data)).join(' · '),
      `→ ${sayings((data) => row.remedy(data)).join(' · ')}`,
      `HTTP ${row.status} · JSON-RPC ${row.rpc} · ${retry}`,
    ].join('\n\n')
  })
  return `${[intro, ...rows].join('\n\n')}\n`
}

const intro = `# Errors

Every way a call can fail. In JSON-RPC the code stands in \`error.data.code\`: tell failures apart by it, not by the
number or the text. On a terminal the first line says what happened and the second what to do. \`{…}\` stands for a
value of the case.`

/** What it says with every value given, and what else it says where a value is missing. */
function sayings(words: Words): string[] {
  const asked = new Set<string>()
  // What is computed from a value that is not known stays open.
  const full = String(words(placeholders({ asked }))).replaceAll('NaN', '{…}')
  const others = [...asked]
    .map((missing) => sayingWithout(missing, words))
    .filter((text) => !/undefined|NaN/.test(text))
  return [...new Set([full, ...others])]
}

function sayingWithout(missing: string, words: Words): string {
  try {
    return String(words(placeholders({ missing })))
  } catch (error) {
    // A list is never missing.
    if (error instanceof TypeError) return 'undefined'
    throw error
  }
}

interface Asking {
  readonly asked?: Set<string>
  readonly missing?: string
}

/** Data whose every member reads as its own name in braces. */
function placeholders({ asked, missing }: Asking): never {
  const data = new Proxy(
    {},
    {
      get: (_, member) => {
        const name = String(member)
        asked?.add(name)
        return name === missing ? undefined : placeholder(name)
      },
    },
  )
  // The table's functions only put members into text; each has its own type of data.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- no one type is right for all rows
  return data as never
}

/** In text it is `{port}`; where the code computes with it, `{port} + 1` instead of `{port}1`; as a list it has one item. */
function placeholder(name: string): object {
  return {
    [Symbol.toPrimitive]: (hint: string) => (hint === 'string' ? `{${name}}` : `{${name}} + `),
    map: (each: Words) => [each(placeholders({}))],
    join: () => `{${name}}`,
  }
}
