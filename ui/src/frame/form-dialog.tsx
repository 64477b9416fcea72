import { Button, Form, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import type { ReactNode } from "react";

/** A form in a dialog. */
export function FormDialog({
  id,
  title,
  label = title,
  verb,
  danger = false,
  isPending = false,
  isDisabled,
  below,
  onSubmit,
  onClose,
  children,
}: {
  /** Of the form, unique in the page. */
  id: string;
  title: string;
  /** What the fields are, for screen readers. Default: the title. */
  label?: string;
  /** What its button says. */
  verb: string;
  /** Whether something is taken away. */
  danger?: boolean;
  isPending?: boolean;
  isDisabled: boolean;
  /** What stands below the fields. */
  below?: ReactNode;
  onSubmit: () => void;
  onClose: () => void;
  /** The fields. */
  children: ReactNode;
}) {
  return (
    <Modal isOpen onClose={onClose} variant="small" aria-labelledby={`${id}-title`}>
      <ModalHeader
        title={title}
        labelId={`${id}-title`}
        {...(danger ? { titleIconVariant: "warning" as const } : {})}
      />
      <ModalBody tabIndex={0} aria-label={label}>
        <Form
          id={id}
          onSubmit={(event) => {
            event.preventDefault();
            onSubmit();
          }}
        >
          {children}
        </Form>
        {below}
      </ModalBody>
      <ModalFooter>
        <Button
          type="submit"
          form={id}
          variant={danger ? "danger" : "primary"}
          isLoading={isPending}
          isDisabled={isDisabled || isPending}
        >
          {verb}
        </Button>
        <Button variant="link" onClick={onClose}>
          Cancel
        </Button>
      </ModalFooter>
    </Modal>
  );
}
