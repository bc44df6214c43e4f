# SPDX-License-Identifier: GPL-2.0-or-later
"""A small SMTP server in a namespace, which keeps what it is sent, and can be told to answer otherwise."""
import contextlib
import socket
import threading


class Mail:
    def __init__(self, connection, helo, sender, recipients, text):
        self.connection = connection  # the number of it
        self.helo = helo
        self.sender = sender
        self.recipients = recipients
        self.text = text

    def header(self, name):
        """Its value; folded lines are one."""
        head = self.text.split("\r\n\r\n")[0].replace("\r\n ", " ")
        return next((line[len(name) + 2:] for line in head.split("\r\n") if line.startswith(name + ": ")), None)

    def subject(self):
        return self.header("Subject")


class MailServer:
    def __init__(self, namespace, port=2525, address="127.0.0.1"):
        self.mails = []
        self.answers = {}  # command -> what is said instead of 250
        self.silent = False  # accepts connections, and never says a word
        self.connections = 0
        self.listener = namespace.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((address, port))
        self.listener.listen(16)
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections += 1
                threading.Thread(target=self.serve, args=(connection, self.connections), daemon=True).start()

    def serve(self, connection, number):
        with contextlib.suppress(OSError), connection:
            lines = connection.makefile("r", newline="\r\n", encoding="utf-8", errors="surrogateescape")
            if self.silent:
                lines.read()
                return
            connection.sendall(b"220 ready\r\n")
            helo, sender, recipients = None, None, []
            for line in lines:
                command, _, rest = line.strip().partition(" ")
                answer = self.answers.get(command.upper(), "250 ok")
                if command.upper() in ("HELO", "EHLO"):
                    helo = rest
                elif command.upper() == "MAIL" and answer[0] == "2":
                    sender, recipients = rest.split(":", 1)[1], []
                elif command.upper() == "RCPT" and answer[0] == "2":
                    recipients.append(rest.split(":", 1)[1])
                elif command.upper() == "DATA" and answer[0] == "2":
                    connection.sendall(b"354 go on\r\n")
                    text = ""
                    for part in lines:
                        if part == ".\r\n":
                            break
                        text += part
                    else:
                        return  # half a mail is none
                    self.mails.append(Mail(number, helo, sender, recipients, text))
                elif command.upper() == "QUIT":
                    connection.sendall(b"221 bye\r\n")
                    return
                connection.sendall(answer.encode() + b"\r\n")

    def subjects(self):
        return [mail.subject() for mail in self.mails]

    def close(self):
        """Its thread is over before its descriptor is another one's: when this program is stopped and goes on, the kernel
        calls accept() anew by number, and a thread that is left over would take mail away from the next server."""
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()
