import { isDeepStrictEqual } from 'node:util'

import { parseExact } from '../../../kit/exact-json.ts'
import { isRecord } from '../../../kit/is-record.ts'
import { forOutput, plainLine } from './plain.ts'
import { saveFile } from './save.ts'
import type { Output } from '../shell.ts'

type Block = Readonly<Record<string, unknown>>

export interface PrintTarget {
  readonly output: Output
  /** Where pictures, sounds and other bytes are saved. */
  readonly folder: string
  /** What their file names begin with. */
  readonly stem: string
}

/** Prints a tool's result: text as it is, bytes as files, structured content once. */
export async function printResult(result: unknown, target: PrintTarget): Promise<void> {
  const { content, structuredContent } = isRecord(result) ? result : {}
  const blocks = (Array.isArray(content) ? content : []).filter(isRecord)
  const isStructured =
    structuredContent !== undefined && !blocks.some((block) => isOnly(block, structuredContent))
  const shown = isStructured ? blocks.filter((block) => !says(block, structuredContent)) : blocks
  for (const block of shown) await printBlock(block, target)
  if (isStructured) writeLine(JSON.stringify(structuredContent, null, 2), target.output)
}

/** Servers send structured content a second time as text, for older clients. */
function says({ type, text }: Block, value: unknown): boolean {
  if (type !== 'text' || typeof text !== 'string') return false
  try {
    return isDeepStrictEqual(parseExact(text), value)
  } catch (cause) {
    if (cause instanceof SyntaxError) return false
    throw cause
  }
}

/** Some servers put nothing but their text into an object of one member. */
function isOnly({ type, text }: Block, value: unknown): boolean {
  const [only, ...others] = isRecord(value) ? Object.values(value) : []
  return type === 'text' && others.length === 0 && typeof only === 'string' && only === text
}

/** Prints one content block of a tool result or a prompt message. */
export async function printBlock(block: Block, target: PrintTarget): Promise<void> {
  const { type, text, data, mimeType, resource, uri, name } = block
  const { output } = target
  if (type === 'text' && typeof text === 'string') return writeLine(text, output)
  if ((type === 'image' || type === 'audio') && typeof data === 'string') {
    return printBytes(data, mimeType, target)
  }
  if (type === 'resource' && isRecord(resource)) return printResource(resource, target)
  if (type === 'resource_link') {
    const parts = [name, uri].filter((part) => typeof part === 'string')
    return writeLine(parts.map(plainLine).join('  '), output)
  }
  writeLine(JSON.stringify(block, null, 2), output)
}

/** Prints the content of a resource: text as it is, bytes as a file named after it. */
export async function printResource(resource: Block, target: PrintTarget): Promise<void> {
  const { text, blob, mimeType, uri } = resource
  if (typeof text === 'string') return writeLine(text, target.output)
  if (typeof blob === 'string') {
    const stem = typeof uri === 'string' ? stemOf(uri) : undefined
    return printBytes(blob, mimeType, { ...target, stem: stem ?? target.stem })
  }
  writeLine(JSON.stringify(resource, null, 2), target.output)
}

async function printBytes(base64: string, mimeType: unknown, target: PrintTarget): Promise<void> {
  const type = typeof mimeType === 'string' ? mimeType : 'application/octet-stream'
  const bytes = Buffer.from(base64, 'base64')
  const path = await saveFile(bytes, { folder: target.folder, stem: target.stem, mimeType: type })
  writeLine(`${plainLine(type)} (${bytes.length} bytes) saved to ${path}`, target.output)
}

function writeLine(text: string, output: Output): void {
  const shown = forOutput(text, output)
  output.write(shown.endsWith('\n') ? shown : `${shown}\n`)
}

function stemOf(uri: string): string | undefined {
  const last = uri
    .replace(/[?#].*$/s, '')
    .split('/')
    .findLast((part) => part !== '')
  return last === undefined || last.endsWith(':') ? undefined : last
}
