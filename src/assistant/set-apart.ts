import type { FunctionTool } from '../contract/chat.ts'
import type { Offered, Toolbox } from './toolbox.ts'

/** What every provider accepts as the name of a tool is at most this long. */
const longest = 64

/** The same tools, those under another name whose own name is one of the caller's tools. */
export function setApart(toolbox: Toolbox, callers: readonly FunctionTool[]): Toolbox {
  if (callers.length === 0) return toolbox
  const taken = new Set(callers.map(({ function: own }) => own.name))
  /** The name in the toolbox, by the one that is shown. */
  let ownNames: ReadonlyMap<string, string> = new Map()

  return {
    ...toolbox,
    async list(signal) {
      const all = await toolbox.list(signal)
      const names = new Set([...taken, ...all.map(nameOf)])
      const renamed = new Map<string, string>()
      const shown = all.map((offered) => {
        if (!taken.has(nameOf(offered))) return offered
        const name = freeName(offered, names)
        names.add(name)
        renamed.set(name, nameOf(offered))
        return withName(offered, name)
      })
      ownNames = renamed
      return shown
    },
    call: (call) => toolbox.call({ ...call, name: ownNames.get(call.name) ?? call.name }),
  }
}

const nameOf = ({ definition }: Offered): string => definition.function.name

function withName(offered: Offered, name: string): Offered {
  const { definition } = offered
  return { ...offered, definition: { ...definition, function: { ...definition.function, name } } }
}

/** With its server before it, as it is shown where two servers have a tool of one name. */
function freeName(offered: Offered, names: ReadonlySet<string>): string {
  const server = offered.server.replaceAll(/[^a-zA-Z0-9_-]/g, '_')
  const plain = `${/^[a-zA-Z_]/.test(server) ? '' : '_'}${server}__${nameOf(offered)}`
  let name = plain.slice(0, longest)
  for (let count = 2; names.has(name); count++) {
    const end = `_${count}`
    name = plain.slice(0, longest - end.length) + end
  }
  return name
}
