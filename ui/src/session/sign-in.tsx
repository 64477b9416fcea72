import { Button } from "@patternfly/react-core";
import { lazy, Suspense, useState } from "react";
import { setToken, useToken } from "./token.ts";

const SignInDialog = lazy(async () => ({ default: (await import("./sign-in-dialog.tsx")).SignInDialog }));

/** Who is there: nobody known to the page, or who has pasted a token. */
export function SignIn() {
  const token = useToken();
  const [open, setOpen] = useState(false);
  if (token !== "") {
    return (
      <Button variant="secondary" size="sm" onClick={() => setToken("")}>
        Forget token
      </Button>
    );
  }
  return (
    <>
      <Button variant="secondary" size="sm" onClick={() => setOpen(true)}>
        Sign in
      </Button>
      {open && (
        <Suspense>
          <SignInDialog onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
