# SPDX-License-Identifier: GPL-2.0-or-later
"""Lets another process make a system call that its program would not make: as if it had been taken over."""
import ctypes
import os
import platform

from net import wait_for

POSSIBLE = platform.machine() == "x86_64"
PTRACE_SINGLESTEP, PTRACE_GETREGS, PTRACE_SETREGS, PTRACE_ATTACH, PTRACE_DETACH = 9, 12, 13, 16, 17
EINTR = 4
SYSCALL = b"\x0f\x05"
LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.ptrace.argtypes = (ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
LIBC.ptrace.restype = ctypes.c_long


class Registers(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ulong) for name in
                "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base "
                "ds es fs gs".split()]


def ptrace(request, pid, data=None):
    if LIBC.ptrace(request, pid, None, data) < 0:
        raise OSError(ctypes.get_errno(), "ptrace %d of %d" % (request, pid))


def prepare(pid, number, arguments):
    """Of the process, which has been stopped. False: it was not inside the kernel just then."""
    registers = Registers()
    ptrace(PTRACE_GETREGS, pid, ctypes.byref(registers))
    with open("/proc/%d/mem" % pid, "rb") as memory:
        memory.seek(registers.rip - len(SYSCALL))
        if memory.read(len(SYSCALL)) != SYSCALL:
            return False
    registers.rip -= len(SYSCALL)
    registers.rax, registers.orig_rax = number, 2 ** 64 - 1
    for name, value in zip(("rdi", "rsi", "rdx", "r10", "r8", "r9"), arguments):
        setattr(registers, name, value % 2 ** 64)
    ptrace(PTRACE_SETREGS, pid, ctypes.byref(registers))
    return True


def put(pid, text):
    """Where the process may read it: at the far end of its stack. Returns the address."""
    with open("/proc/%d/maps" % pid) as maps:
        address = next(int(line.split("-")[0], 16) for line in maps if line.endswith("[stack]\n"))
    with open("/proc/%d/mem" % pid, "r+b", buffering=0) as memory:
        memory.seek(address)
        memory.write(text)
    return address


def at_rest(pid, what):
    """Stops it, does what(), which says whether it could be done, and lets it go on. Until it could."""
    def done():
        ptrace(PTRACE_ATTACH, pid)
        os.waitpid(pid, 0x40000000)  # __WALL
        try:
            return what()
        finally:
            ptrace(PTRACE_DETACH, pid)
    wait_for(done, "process %d to wait inside the kernel" % pid)


def inject(pid, number, *arguments):
    """Its last one: what the process gets back is not what it has asked for."""
    at_rest(pid, lambda: prepare(pid, number, arguments))


def inject_between(pid, number, *arguments):
    """After it the process goes on as if a signal had come. Returns what the call returned."""
    before, after = Registers(), Registers()

    def call():
        ptrace(PTRACE_GETREGS, pid, ctypes.byref(before))
        if not prepare(pid, number, arguments):
            return False
        ptrace(PTRACE_SINGLESTEP, pid)
        os.waitpid(pid, 0x40000000)
        ptrace(PTRACE_GETREGS, pid, ctypes.byref(after))
        before.rax, before.orig_rax = 2 ** 64 - EINTR, 2 ** 64 - 1
        ptrace(PTRACE_SETREGS, pid, ctypes.byref(before))
        return True
    at_rest(pid, call)
    return ctypes.c_long(after.rax).value
