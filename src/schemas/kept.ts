import { compileSchema } from './compile.ts'
import type { CompiledSchema } from './compile.ts'

/** Schemas that were compiled, the ones used last, as far as there is room. */
export interface KeptSchemas {
  readonly get: (text: string) => CompiledSchema
}

/** A validator takes up more than its schema, whose text is what is counted. */
export function keepSchemas(limitBytes: number): KeptSchemas {
  const kept = new Map<string, CompiledSchema>()
  let keptBytes = 0

  function drop(text: string): void {
    if (kept.delete(text)) keptBytes -= costOf(text)
  }

  return {
    get(text) {
      const compiled = kept.get(text) ?? compileSchema(JSON.parse(text))
      drop(text)
      kept.set(text, compiled)
      keptBytes += costOf(text)
      for (const oldest of kept.keys()) {
        if (keptBytes <= limitBytes) break
        drop(oldest)
      }
      return compiled
    },
  }
}

const instanceBytes = 4096

function costOf(text: string): number {
  return Buffer.byteLength(text) + instanceBytes
}
