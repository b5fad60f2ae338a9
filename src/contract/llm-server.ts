import type { Config } from './config.ts'

/** What the server of a gateway's own that runs LLM programs is called. */
export const llmServerName = 'llm'

/** Whether a gateway offers it: a server of that name in the configuration comes first. */
export function offersLlm({ llm, servers }: Pick<Config, 'llm' | 'servers'>): boolean {
  return llm.enabled && !servers.some(({ name }) => name === llmServerName)
}
