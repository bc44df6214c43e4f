# SPDX-License-Identifier: GPL-2.0-or-later
"""Lets another process make a system call that its program would not make: as if it had been taken over."""
import ctypes
import os
import platform

from net import wait_for

POSSIBLE = platform.machine() == "x86_64"
PTRACE_GETREGS, PTRACE_SETREGS, PTRACE_ATTACH, PTRACE_DETACH = 12, 13, 16, 17
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


def inject(pid, number, *arguments):
    def done():
        ptrace(PTRACE_ATTACH, pid)
        os.waitpid(pid, 0x40000000)  # __WALL
        try:
            return prepare(pid, number, arguments)
        finally:
            ptrace(PTRACE_DETACH, pid)
    wait_for(done, "process %d to wait inside the kernel" % pid)
