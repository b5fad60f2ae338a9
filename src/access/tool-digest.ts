import { hash } from 'node:crypto'
import { canonicalTool } from '../core/catalog/canonical-tool.ts'

/** The same tools of many servers and lists are the same bytes: their digest is made once. */
const digests = new WeakMap<Buffer, string>()

/** Stands for what a person approves of a tool: name, texts, schemas and hints, however they are spelled. */
export function toolDigest(tool: Buffer): string {
  const known = digests.get(tool)
  if (known !== undefined) return known
  const digest = hash('sha256', canonicalTool(tool), 'base64url')
  digests.set(tool, digest)
  return digest
}
