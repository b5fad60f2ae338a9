import type { EventReader, LlmEvent } from './event.ts'

/** Reads output that is the answer itself. */
export function createTextReader(): EventReader {
  const decoder = new TextDecoder()
  const pieces: string[] = []

  function add(text: string): readonly LlmEvent[] {
    if (text === '') return []
    pieces.push(text)
    return [{ kind: 'delta', text }]
  }

  return {
    push: (chunk) => add(decoder.decode(chunk, { stream: true })),
    end: () => [...add(decoder.decode()), { kind: 'final', text: pieces.join('') }],
    stderr: () => [],
  }
}
