import { execFileSync } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { freePort } from "../../../measure/free-port.ts";
import { createKubeApi, type KubeApi } from "./kube-api.ts";
import { controlPlaneProgram } from "./paths.ts";
import { type Program, startProgram } from "./program.ts";

/** How a cluster differs from the usual one. */
export interface ClusterOptions {
  /** Names the context of its kubeconfigs. Default: `test`. */
  readonly name?: string;
  /** Deletes namespaces and what has lost its owner. Default: false. */
  readonly controllerManager?: boolean;
  /** Whether each request is noted for `audit`. Default: true. */
  readonly auditLog?: boolean;
  /** Further flags of kube-apiserver. */
  readonly apiServerFlags?: readonly string[];
}

/** One request as the API server noted it. */
export interface AuditedRequest {
  /** `get`, `list`, `watch`, `create`, ... */
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly resource: string; readonly namespace?: string; readonly apiGroup?: string };
  readonly responseStatus?: { readonly code: number };
}

/** A Kubernetes API without nodes: etcd and kube-apiserver, on loopback. */
export interface Cluster {
  readonly name: string;
  /** `https://127.0.0.1:34567`. */
  readonly server: string;
  /** A client with all rights. */
  readonly api: KubeApi;
  /** The token of the user with all rights. */
  readonly adminToken: string;
  /** The path of a kubeconfig with all rights. */
  readonly kubeconfig: string;
  /** PEM. */
  readonly ca: string;
  /** The path of a kubeconfig of a ServiceAccount, which is created where it is missing. It has the rights that are bound to it. */
  kubeconfigOf(serviceAccount: string, namespace?: string): Promise<string>;
  /** A token of a ServiceAccount. */
  tokenOf(serviceAccount: string, namespace?: string): Promise<string>;
  /** Every request of a user since the cluster is there, such as `system:serviceaccount:default:reader`. */
  audit(username: string): readonly AuditedRequest[];
  /** Ends the API server at once. etcd keeps what it has. */
  killApiServer(): Promise<void>;
  /** Starts the API server again, on the same port and the same etcd, and waits until it is ready. One that runs is left alone. */
  startApiServer(): Promise<void>;
  /** Ends everything and removes its files. */
  stop(): Promise<void>;
}

/** Starts a cluster and waits until it is ready, which takes 3 to 5 seconds. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const name = options.name ?? "test";
  const dir = mkdtempSync(join(tmpdir(), "kserve-model-registry-kube-"));
  const [etcdPort, etcdPeerPort, port] = [await freePort(), await freePort(), await freePort()];
  const server = `https://127.0.0.1:${port}`;
  const files = writeFiles(dir);
  const ca = readFileSync(files.certificate, "utf8");
  const api = createKubeApi({ server, ca, token: files.adminToken });

  const etcd = startProgram(
    controlPlaneProgram("etcd"),
    [
      "--name=test",
      `--data-dir=${join(dir, "etcd")}`,
      "--unsafe-no-fsync",
      `--listen-client-urls=http://127.0.0.1:${etcdPort}`,
      `--advertise-client-urls=http://127.0.0.1:${etcdPort}`,
      `--listen-peer-urls=http://127.0.0.1:${etcdPeerPort}`,
      `--initial-advertise-peer-urls=http://127.0.0.1:${etcdPeerPort}`,
      `--initial-cluster=test=http://127.0.0.1:${etcdPeerPort}`,
      "--log-level=warn",
    ],
    join(dir, "etcd.log"),
  );
  let apiServer: Program | undefined;
  let controllerManager: Program | undefined;

  const writeKubeconfig = (user: string, token: string): string => {
    const path = join(dir, `${user}.kubeconfig`);
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name, cluster: { server, "certificate-authority-data": Buffer.from(ca).toString("base64") } }],
      users: [{ name: `${name}-${user}`, user: { token } }],
      contexts: [{ name, context: { cluster: name, user: `${name}-${user}`, namespace: "default" } }],
      "current-context": name,
    };
    writeFileSync(path, stringify(config), { mode: 0o600 });
    return path;
  };

  const cluster: Cluster = {
    name,
    server,
    api,
    ca,
    adminToken: files.adminToken,
    kubeconfig: writeKubeconfig("admin", files.adminToken),
    async tokenOf(serviceAccount, namespace = "default") {
      const metadata = { name: serviceAccount, namespace };
      await api.apply({ apiVersion: "v1", kind: "ServiceAccount", metadata });
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}/token`;
      const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} };
      const { status, body } = await api.send("POST", path, request);
      if (status !== 201) throw new Error(`no token for ${serviceAccount}: ${JSON.stringify(body)}`);
      return (body.status as { token: string }).token;
    },
    async kubeconfigOf(serviceAccount, namespace) {
      return writeKubeconfig(serviceAccount, await cluster.tokenOf(serviceAccount, namespace));
    },
    audit: (username) =>
      readFileSync(files.auditLog, "utf8")
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as AuditedRequest)
        .filter(({ user }) => user.username === username),
    async killApiServer() {
      await apiServer?.kill();
    },
    async startApiServer() {
      if (apiServer !== undefined && apiServer.ended() === undefined) return;
      apiServer = startProgram(
        controlPlaneProgram("kube-apiserver"),
        [
          ...apiServerFlags(files, port, etcdPort),
          ...(options.auditLog === false ? [] : auditFlags(files)),
          ...(options.apiServerFlags ?? []),
        ],
        join(dir, "kube-apiserver.log"),
      );
      await untilReady(api, [etcd, apiServer]);
    },
    async stop() {
      await Promise.all([controllerManager?.kill(), apiServer?.kill(), etcd.kill()]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
  try {
    await cluster.startApiServer();
    if (options.controllerManager) {
      controllerManager = startProgram(
        controlPlaneProgram("kube-controller-manager"),
        [
          `--kubeconfig=${cluster.kubeconfig}`,
          "--leader-elect=false",
          "--secure-port=0",
          "--controllers=namespace-controller,garbage-collector-controller,serviceaccount-controller",
        ],
        join(dir, "kube-controller-manager.log"),
      );
    }
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}

interface ClusterFiles {
  readonly adminToken: string;
  readonly certificate: string;
  readonly certificateKey: string;
  readonly serviceAccountKey: string;
  readonly serviceAccountPublicKey: string;
  readonly tokens: string;
  readonly auditPolicy: string;
  readonly auditLog: string;
  readonly certDir: string;
}

function writeFiles(dir: string): ClusterFiles {
  const file = (name: string, text: string): string => {
    const path = join(dir, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const certificate = join(dir, "server.crt");
  const certificateKey = join(dir, "server.key");
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-keyout", certificateKey];
  const names = ["-subj", "/CN=kube-apiserver", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  execFileSync("openssl", ["req", "-x509", ...key, ...names, "-days", "2", "-out", certificate], { stdio: "ignore" });
  const serviceAccounts = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const adminToken = randomBytes(16).toString("hex");
  const policy = {
    apiVersion: "audit.k8s.io/v1",
    kind: "Policy",
    omitStages: ["RequestReceived"],
    rules: [{ level: "Metadata" }],
  };
  mkdirSync(join(dir, "certificates"));
  return {
    adminToken,
    certificate,
    certificateKey,
    serviceAccountKey: file("sa.key", serviceAccounts.privateKey.export({ type: "pkcs8", format: "pem" }) as string),
    serviceAccountPublicKey: file(
      "sa.pub",
      serviceAccounts.publicKey.export({ type: "spki", format: "pem" }) as string,
    ),
    tokens: file("tokens.csv", `${adminToken},admin,admin,"system:masters"\n`),
    auditPolicy: file("audit.json", JSON.stringify(policy)),
    auditLog: file("audit.log", ""),
    certDir: join(dir, "certificates"),
  };
}

function apiServerFlags(files: ClusterFiles, port: number, etcdPort: number): string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1",
    `--secure-port=${port}`,
    "--endpoint-reconciler-type=none",
    `--cert-dir=${files.certDir}`,
    `--tls-cert-file=${files.certificate}`,
    `--tls-private-key-file=${files.certificateKey}`,
    `--token-auth-file=${files.tokens}`,
    "--anonymous-auth=true",
    "--authorization-mode=RBAC",
    // Both families: a Service may ask for two addresses.
    "--service-cluster-ip-range=10.0.0.0/24,fd00::/112",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${files.serviceAccountPublicKey}`,
    `--service-account-signing-key-file=${files.serviceAccountKey}`,
    "--disable-admission-plugins=ServiceAccount",
    "--profiling=false",
  ];
}

function auditFlags(files: ClusterFiles): string[] {
  return [`--audit-policy-file=${files.auditPolicy}`, `--audit-log-path=${files.auditLog}`];
}

async function untilReady(api: KubeApi, programs: readonly Program[]): Promise<void> {
  const end = performance.now() + 120_000;
  const answers = async (path: string): Promise<boolean> => {
    const answer = await api.send("GET", path).catch(() => undefined);
    return answer?.status === 200;
  };
  // The namespace is made after the start: readiness alone does not mean that it is there.
  while (!((await answers("/readyz")) && (await answers("/api/v1/namespaces/default")))) {
    const dead = programs.find((program) => program.ended() !== undefined);
    if (dead !== undefined) throw new Error(`the control plane ended with ${dead.ended()}:\n${dead.log()}`);
    if (performance.now() > end) throw new Error(`the control plane is not ready:\n${programs.at(-1)?.log()}`);
    await sleep(50);
  }
}
