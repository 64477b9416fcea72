import { lookup } from "node:dns/promises";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { UnreadableFile } from "../base/cached-file.ts";
import { bareHost, serverNameOf } from "../base/url-address.ts";
import { within } from "../base/within.ts";
import { isForbiddenAddress } from "../upstream/http/guarded-lookup.ts";
import { codeOf, failureWords } from "../upstream/http/upstream-error.ts";
import { type ExaminedModel, Finding, NothingToTry } from "./examination.ts";

/** Ports that model servers listen on in their containers: KServe's own, and OpenVINO's. */
const containerPorts = [8080, 8888];

/** Looks the name of the host up. */
export async function examineName(examined: ExaminedModel): Promise<string> {
  const host = hostOf(examined);
  if (isIP(host) !== 0) {
    examined.addresses = [host];
    assertLeadsNowhereElse(examined, host);
    throw new NothingToTry(`${host} is an address`);
  }
  // Also checked for a name that cannot be resolved: the cluster may know where it leads.
  assertLeadsNowhereElse(examined, host);
  try {
    examined.addresses = (await inTime(examined, lookup(host, { all: true }))).map(({ address }) => address);
  } catch (error) {
    throw new Finding(`${host}: ${failureWords(codeOf(error))}`, nameHint(examined));
  }
  assertLeadsNowhereElse(examined, host);
  const { addresses } = examined;
  return examined.discreet
    ? `${addresses.length} ${addresses.length === 1 ? "address" : "addresses"}`
    : addresses.join(", ");
}

/** An examination only connects to where predictions may go: its result would reveal what answers there. */
function assertLeadsNowhereElse({ model, addresses, leadsOut }: ExaminedModel, host: string): void {
  if (model.tenant === undefined) return;
  const elsewhere = leadsOut?.(host) ?? addresses.find(isForbiddenAddress);
  if (elsewhere === undefined) return;
  throw new Finding(
    `${host} leads to an address that only trusted entries may use`,
    "Make the entry name a Service in its own namespace that selects pods.",
  );
}

/** Opens a connection to the port. */
export async function examineConnection(examined: ExaminedModel): Promise<string> {
  const { port } = examined;
  const failures: string[] = [];
  for (const address of examined.addresses) {
    const where = examined.discreet ? `port ${port}` : `${address} port ${port}`;
    try {
      await open(examined, address, port);
      examined.addresses = [address, ...examined.addresses.filter((other) => other !== address)];
      const others = examined.addresses.length - 1;
      return `${where}${others > 0 ? `, the first of ${others + 1} that answers` : ""}`;
    } catch (error) {
      failures.push(`${where}: ${failureWords(codeOf(error))}`);
    }
  }
  throw new Finding(failures.join("; "), await portHint(examined));
}

/** Performs a TLS handshake, with the certificates of predictions. */
export async function examineTls(examined: ExaminedModel): Promise<string> {
  const { url, port, model, upstream } = examined;
  if (url.protocol !== "https:") throw new NothingToTry("the address is http");
  let socket: TLSSocket | undefined;
  try {
    const host = hostOf(examined);
    const secureContext = upstream.secureContext(model);
    // The address that was checked before: the name may resolve to another one by now.
    const options = {
      host: examined.addresses[0]!,
      port,
      secureContext,
      ...serverNameOf(host),
    };
    await inTime(
      examined,
      new Promise<void>((resolve, reject) => {
        socket = connectTls(options, resolve);
        socket.once("error", reject);
      }),
    );
    const { subject, issuer, valid_to: end } = socket!.getPeerCertificate();
    return `${socket!.getProtocol()}, certificate of ${subject?.CN ?? "no name"} by ${issuer?.CN ?? "an unnamed authority"} until ${end}`;
  } catch (error) {
    if (error instanceof UnreadableFile) {
      throw new Finding(
        error.message,
        "Mount the file, or correct its path: in the entry, or in KSERVE_CA_FILE, KSERVE_CLIENT_CERT_FILE or KSERVE_CLIENT_KEY_FILE.",
      );
    }
    throw new Finding(failureWords(codeOf(error)), tlsHint(codeOf(error)));
  } finally {
    socket?.destroy();
  }
}

function hostOf({ url }: ExaminedModel): string {
  return bareHost(url.hostname);
}

async function open(examined: ExaminedModel, host: string, port: number): Promise<void> {
  let socket: Socket | undefined;
  try {
    await inTime(
      examined,
      new Promise<void>((resolve, reject) => {
        socket = connectTcp({ host, port }, resolve);
        socket.once("error", reject);
      }),
    );
  } finally {
    socket?.destroy();
  }
}

/** The result of a step, unless it takes too long. */
function inTime<T>({ timeoutMs }: ExaminedModel, result: Promise<T>): Promise<T> {
  return within(timeoutMs, result, () => Object.assign(new Error("no answer in time"), { code: "ETIMEDOUT" }));
}

function nameHint({ model }: ExaminedModel): string {
  if (model.address.rule !== "url-format") return "Correct the entry's url, or run this where its name resolves.";
  return (
    `Is there a Service ${model.service} in namespace ${model.namespace}? ` +
    `\`kubectl get service -n ${model.namespace}\` shows them; correct the entry's service or namespace. ` +
    "Service names resolve only inside their cluster: run this in the registry's pod."
  );
}

/** A headless Service maps no ports, so trying the port of the container is the best advice. */
async function portHint(examined: ExaminedModel): Promise<string> {
  const { model, port } = examined;
  if (model.address.rule === "url-format") {
    for (const other of containerPorts.filter((one) => one !== port)) {
      const answers = await open(examined, examined.addresses[0]!, other).then(
        () => true,
        () => false,
      );
      if (answers) {
        return (
          `Port ${other} answers: the Service is headless and maps no ports. ` +
          `Give the entry port: ${other}, or all entries KSERVE_PREDICTOR_PORT=${other}.`
        );
      }
    }
  }
  return (
    "Is the model server up (`kubectl get pods`, `kubectl get inferenceservice`), and does a NetworkPolicy admit this connection? " +
    "A headless Service (clusterIP: None) maps no ports: set the entry's port to the container's."
  );
}

function tlsHint(code: string): string {
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return "Correct the entry's url to use a name from the certificate.";
  if (code === "CERT_HAS_EXPIRED") return "Renew the certificate of the model server.";
  if (code.startsWith("ERR_SSL_WRONG_VERSION") || code.startsWith("ERR_SSL_PACKET_LENGTH")) {
    return "It does not speak TLS on this port: use http:// in the entry's url.";
  }
  return "Set KSERVE_CA_FILE or the entry's caFile to its CA certificate, and a client certificate if it requires one.";
}
