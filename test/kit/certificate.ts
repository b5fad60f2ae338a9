import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'

export interface Certificate {
  readonly key: string
  readonly cert: string
}

export interface CertificateOptions {
  /** The host name it is for. */
  readonly name: string
  readonly notBefore: Date
  readonly notAfter: Date
}

/** A certificate that nobody but itself has signed. */
export function createCertificate(options: CertificateOptions): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const content = contentOf(options, publicKey.export({ type: 'spki', format: 'der' }))
  const signature = sign('sha256', content, privateKey)
  const whole = sequence(content, signing, bits(signature))
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    cert: `-----BEGIN CERTIFICATE-----\n${whole.toString('base64')}\n-----END CERTIFICATE-----\n`,
  }
}

/** As RFC 5280 has it, in DER. */
function contentOf({ name, notBefore, notAfter }: CertificateOptions, publicKey: Buffer): Buffer {
  const subject = sequence(element(0x31, sequence(commonName, element(0x0c, Buffer.from(name)))))
  const names = sequence(element(0x82, Buffer.from(name)))
  const isAuthority = sequence(element(0x01, Buffer.from([0xff])))
  const serial = randomBytes(8).fill(1, 0, 1)
  return sequence(
    element(0xa0, element(0x02, Buffer.from([2]))),
    element(0x02, serial),
    signing,
    subject,
    sequence(time(notBefore), time(notAfter)),
    subject,
    publicKey,
    element(
      0xa3,
      sequence(
        sequence(subjectAltName, element(0x04, names)),
        sequence(basicConstraints, element(0x04, isAuthority)),
      ),
    ),
  )
}

function element(tag: number, content: Buffer): Buffer {
  const { length } = content
  const size = length < 0x80 ? [length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return element(0x30, Buffer.concat(parts))
}

function bits(bytes: Buffer): Buffer {
  return element(0x03, Buffer.concat([Buffer.from([0]), bytes]))
}

function time(date: Date): Buffer {
  const text = date.toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  return element(0x18, Buffer.from(text))
}

const objectId = (hex: string): Buffer => element(0x06, Buffer.from(hex, 'hex'))
const commonName = objectId('550403')
const subjectAltName = objectId('551d11')
const basicConstraints = objectId('551d13')
const signing = sequence(objectId('2a8648ce3d040302'))
