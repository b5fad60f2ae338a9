import { isRecord } from '../../kit/is-record.ts'
import { createLineFramer } from '../../wire/ndjson.ts'
import type { EventReader, LlmEvent, ReadFields } from './event.ts'

const lineBytes = 8 * 1024 * 1024

/** Reads output that is one JSON object a line; other lines, and those over 8 MiB, mean nothing. */
export function createJsonlReader(
  read: ReadFields,
  stderr: EventReader['stderr'] = () => [],
): EventReader {
  let heard: LlmEvent[] = []
  const framer = createLineFramer({
    limitBytes: lineBytes,
    onLine: (line) => heard.push(...readLine(line, read)),
    onOversize: () => {},
  })

  function take(): readonly LlmEvent[] {
    const taken = heard
    heard = []
    return taken
  }

  return {
    push(chunk) {
      framer.push(chunk)
      return take()
    },
    end() {
      framer.end()
      return take()
    },
    stderr,
  }
}

function readLine(line: Buffer, read: ReadFields): readonly LlmEvent[] {
  const fields = parse(line.toString())
  return isRecord(fields) ? read(fields) : []
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    // Banners and warnings stand between the events of some programs.
    return undefined
  }
}
