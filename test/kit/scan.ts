import { isUtf8 } from 'node:buffer'
import { ScanError } from '../../src/wire/scan-error.ts'
import type { ScanLimits } from '../../src/wire/scan-limits.ts'
import { defaultScanLimits } from '../../src/wire/scan-limits.ts'
import { Scanner } from '../../src/wire/scanner.ts'

/** What became of a text: where its members lie, or why and where it was refused. */
export function scan(pieces: readonly Buffer[], limits: ScanLimits = defaultScanLimits) {
  const scanner = new Scanner(limits)
  try {
    for (const piece of pieces) scanner.push(piece)
    const spans = scanner.end()
    return { spans, isText: !scanner.sawNonAscii || isUtf8(Buffer.concat(pieces)) }
  } catch (error) {
    if (!(error instanceof ScanError)) throw error
    return { problem: error.message, offset: error.offset }
  }
}

export const scanText = (text: string, limits?: ScanLimits) => scan([Buffer.from(text)], limits)
