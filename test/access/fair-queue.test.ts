import { describe, expect, it } from "vitest";
import { FairQueue, QueueFull } from "../../src/access/fair-queue.ts";

/** A task that ends on request, and notes that it has begun. */
function taskOf(name: string, begun: string[]) {
  const gate = Promise.withResolvers<string>();
  return {
    run: () => {
      begun.push(name);
      return gate.promise;
    },
    end: () => gate.resolve(name),
    fail: () => gate.reject(new Error(name)),
  };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("a fair queue", () => {
  it("lets parties take turns", async () => {
    const queue = new FairQueue({ maxRunning: 1, maxRunningEach: 1, maxWaitingEach: 10 });
    const begun: string[] = [];
    const tasks = ["a1", "a2", "a3", "b1", "c1", "b2"].map((name) => ({ name, ...taskOf(name, begun) }));
    const all = tasks.map((task) => queue.run(task.name[0]!, task.run));
    for (const expected of ["a1", "a2", "b1", "c1", "a3", "b2"]) {
      await settle();
      expect(begun.at(-1)).toBe(expected);
      tasks.find(({ name }) => name === expected)!.end();
    }
    expect(await Promise.all(all)).toEqual(["a1", "a2", "a3", "b1", "c1", "b2"]);
  });

  it("leaves slots to others, however much one party asks", async () => {
    const queue = new FairQueue({ maxRunning: 4, maxRunningEach: 2, maxWaitingEach: 10 });
    const begun: string[] = [];
    for (const name of ["a1", "a2", "a3", "a4", "b1"]) void queue.run(name[0]!, taskOf(name, begun).run);
    await settle();
    expect(begun).toEqual(["a1", "a2", "b1"]);
  });

  it("refuses what would wait behind too many of the same party", async () => {
    const queue = new FairQueue({ maxRunning: 1, maxRunningEach: 1, maxWaitingEach: 1 });
    const begun: string[] = [];
    void queue.run("a", taskOf("a1", begun).run);
    void queue.run("a", taskOf("a2", begun).run);
    await expect(queue.run("a", taskOf("a3", begun).run)).rejects.toThrow(QueueFull);
    void queue.run("b", taskOf("b1", begun).run);
    expect(begun).toEqual(["a1"]);
  });

  it("continues after a failed task, and keeps nothing once all are done", async () => {
    const queue = new FairQueue({ maxRunning: 1, maxRunningEach: 1, maxWaitingEach: 5 });
    const begun: string[] = [];
    const [bad, good] = [taskOf("bad", begun), taskOf("good", begun)];
    const failed = queue.run("a", bad.run);
    const succeeded = queue.run("a", good.run);
    bad.fail();
    await expect(failed).rejects.toThrow("bad");
    good.end();
    expect(await succeeded).toBe("good");
    expect(await queue.run("a", async () => "again")).toBe("again");
  });
});
