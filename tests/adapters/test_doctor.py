"""`installation doctor` on planted computers: each trouble is found, named, and has its cure."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from firmware_bridge.doctor import Machine, examine

sys.path.insert(0, str(Path(__file__).parent))
from doctor_tree import CH340, CP210X, FTDI, GROUP, RULES, UNO, Tree

CLAIM = 'ENV{PRODUCT}=="1a86/7523/*", ENV{BRLTTY_BRAILLE_DRIVER}="bm", GOTO="brltty_usb_run"\n'
BRLTTY_RULES = "/usr/lib/udev/rules.d/85-brltty.rules"


def test_a_board_in_order_is_no_trouble(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.port("ttyUSB0")
    assert tree.troubles() == []
    assert [f.subject for f in tree.examine()] == ["udev rule"]


def test_the_computer_that_runs_this_test_is_examined_without_a_stumble() -> None:
    findings = list(examine(listen_s=0))
    assert findings
    assert all(f.says[-1] in ".?" and "\n" not in f.says and f.subject for f in findings)


def test_without_any_board_the_cable_is_suspected(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.usb("1-3", "046d:c31c", "usbhid", product="Keyboard")
    tree.usb("1-4", "1a40:0101", "hub", bDeviceClass="09", bmAttributes="e0", product="Hub")
    found = tree.trouble()
    assert found.verdict == "bad"
    assert "no board; of other USB devices there are Keyboard (046d:c31c)." in found.says
    assert "have no wires for data" in found.cure and "sudo dmesg --follow" in found.cure


def test_a_container_is_no_loose_cable(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    (tmp_path / "sys/bus/usb/devices").rmdir()
    found = tree.trouble()
    assert found.verdict == "bad" and "a container" in found.says
    assert "docker run --device=" in found.cure


def test_a_port_that_was_asked_for_and_is_not_there_is_named(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    there = tree.port("ttyUSB0")
    found = tree.trouble("ttyACM7")
    assert found.subject == "/dev/ttyACM7" and there in found.says
    assert tree.troubles("ttyUSB0") == tree.troubles("/dev/ttyUSB*") == tree.troubles(there) == []


def test_a_port_of_another_kind_is_looked_at_where_it_is_asked_for(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.file("/dev/ttyS0", "")
    assert [f.subject for f in tree.troubles()] == ["ports"]
    assert tree.troubles("/dev/ttyS0") == []


def test_a_board_without_its_driver_gets_one(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.usb("1-1", CH340, product="USB Serial")
    found = tree.trouble()
    assert (found.subject, found.verdict) == ("USB 1-1", "bad")
    assert "sees USB Serial (1a86:7523), and no driver" in found.says
    assert found.cure == "sudo modprobe ch341"


@pytest.mark.parametrize(("id_", "driver"), [
    (UNO, "cdc_acm"), (CP210X, "cp210x"), (FTDI, "ftdi_sio"), ("16c0:0483", "cdc_acm"),
])  # fmt: skip
def test_each_kind_of_board_has_its_own_driver(tmp_path: Path, id_: str, driver: str) -> None:
    tree = Tree(tmp_path)
    tree.usb("1-1", id_)
    assert tree.trouble().cure == f"sudo modprobe {driver}"


def test_after_an_update_of_the_kernel_it_wants_a_restart(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    (tmp_path / "lib/modules/6.1.0-30-amd64").rmdir()
    tree.usb("1-1", CH340)
    found = tree.trouble()
    assert "6.1.0-30-amd64" in found.says and found.cure == "sudo reboot"


def test_a_pico_in_its_loader_wants_firmware(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.usb("1-1", "2e8a:0003", "usb-storage")
    assert "Raspberry Pi Pico that waits for its firmware" in tree.trouble().says


def test_a_board_that_is_locked_out_is_let_in(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    folder = tree.usb("1-1", CH340, authorized="0", bConfigurationValue="")
    assert tree.trouble().cure == f"echo 1 | sudo tee {folder}/authorized"


def test_a_hub_with_too_little_power_leaves_a_board_off(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.usb("1-1.2", CH340, bConfigurationValue="")
    found = tree.trouble()
    assert found.subject == "USB 1-1.2" and "too little power" in found.says


def test_a_board_that_is_no_serial_port_by_its_firmware_is_told_apart(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.usb("1-1", "2e8a:000a", "usbhid")
    assert "firmware offers none: the kernel uses it with usbhid" in tree.trouble().says


def test_a_port_that_dev_lacks_is_asked_of_udev(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.usb("1-1", UNO, "cdc_acm")
    found = tree.trouble()
    assert "no port for it in /dev" in found.says and "udevadm trigger" in found.cure


def test_brltty_has_taken_a_ch340(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.file("/usr/bin/apt", "")
    tree.usb("1-1", CH340, "usbfs")
    tree.runs(812, "brltty", "/usr/bin/brltty", "-n")
    found = tree.trouble()
    assert found.verdict == "bad" and "brltty" in found.says and "1a86:7523" in found.says
    assert found.cure.startswith("sudo apt remove brltty")


def test_brltty_took_it_and_let_go_of_it(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.usb("1-1", CH340)
    tree.file(BRLTTY_RULES, CLAIM)
    found = tree.trouble()
    assert "brltty" in found.says and found.cure.startswith("sudo systemctl mask --now brltty")


def test_another_program_has_taken_it(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.usb("1-1", CH340, "usbfs")
    assert "A program has taken" in tree.trouble().says


def test_brltty_will_take_a_board_that_its_rule_names(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    path = tree.port("ttyUSB0")
    tree.file(BRLTTY_RULES, CLAIM)
    assert tree.troubles() == []  # our rule takes the claim back
    tree.uninstall()
    for other in (f"# {CLAIM}", CLAIM.replace("1a86/7523", "403/6001")):
        tree.file(BRLTTY_RULES, other)
        assert [f.subject for f in tree.troubles()] == ["udev rule"]
    tree.file(BRLTTY_RULES, CLAIM)
    found = tree.troubles()[1]
    assert found.subject == path and BRLTTY_RULES in found.says
    assert "sudo cp" in found.cure
    (tmp_path / "etc/udev/rules.d/85-brltty.rules").symlink_to("/dev/null")
    assert [f.subject for f in tree.troubles()] == ["udev rule"]  # masked by hand


@pytest.mark.parametrize(("condition", "claims"), [
    ('ATTRS{manufacturer}=="Silicon Labs"', True), ('ATTRS{manufacturer}=="Hedo"', False),
    ('ATTRS{idVendor}=="1a40", ATTRS{idProduct}=="0101"', True),
    ('ATTRS{idVendor}=="1a40", ATTRS{idProduct}=="ea60"', False),
])  # fmt: skip
def test_brltty_claims_what_its_conditions_say(
    tmp_path: Path, condition: str, claims: bool
) -> None:
    tree = Tree(tmp_path)
    tree.uninstall()
    tree.usb("1-1", "1a40:0101", "hub", bDeviceClass="09", bmAttributes="e0")
    tree.port("ttyUSB0", "1-1.2", CP210X, manufacturer="Silicon Labs")
    tree.file(BRLTTY_RULES, f'ENV{{PRODUCT}}=="10c4/ea60/*", {condition}, GOTO="brltty_usb_run"\n')
    assert any("brltty" in f.says for f in tree.troubles()) is claims


def test_modem_manager_may_write_to_a_board_that_nobody_marked(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    path = tree.port("ttyUSB0", is_ignored=False)
    assert tree.troubles() == []  # it does not run
    tree.runs(700, "ModemManager", "/usr/sbin/ModemManager")
    found = tree.trouble()
    assert found.subject == path and found.verdict == "unsure" and "ModemManager" in found.says
    assert 'ATTR{idVendor}=="1a86", ATTR{idProduct}=="7523"' in found.cure
    tree.uninstall()
    assert "sudo cp" in tree.troubles()[1].cure
    tree.port("ttyUSB1", "1-2", by_id="other")
    assert sum("ModemManager" in f.says for f in tree.troubles()) == 1


def test_a_mark_on_the_board_itself_is_enough_for_modem_manager(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.port("ttyUSB0", is_ignored=False)
    tree.file("/run/udev/data/c189:1", "E:ID_MM_DEVICE_IGNORE=1\n")
    tree.runs(700, "ModemManager", "/usr/sbin/ModemManager")
    assert tree.troubles() == []


def test_the_rule_is_installed_by_lines_to_copy(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.port("ttyUSB0")
    tree.uninstall()
    found = tree.trouble()
    assert (found.subject, found.verdict) == ("udev rule", "unsure")
    lines = found.cure.splitlines()
    assert lines[:2] == [f"sudo cp {RULES} /etc/udev/rules.d/", "sudo udevadm control --reload"]
    assert all(line.removeprefix("#   ") in found.cure for line in RULES.read_text().splitlines()
               if line.startswith("#   sudo udevadm"))  # fmt: skip


def test_an_older_rule_is_told(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.port("ttyUSB0")
    tree.install(RULES.read_text().replace("2341|2a03", "2341"))
    assert "not the one of this version" in tree.trouble().says


def test_a_user_outside_the_group_is_let_in(tmp_path: Path) -> None:
    tree = Tree(tmp_path, groups=(1000,), may_open=False)
    path = tree.port("ttyUSB0")
    found = tree.trouble()
    assert (found.subject, found.verdict) == (path, "bad")
    assert "only the group dialout may" in found.says
    assert found.cure == "sudo usermod -aG dialout alex\nLog out and in again."


def test_the_group_is_called_as_this_system_calls_it(tmp_path: Path) -> None:
    tree = Tree(tmp_path, groups=(1000,), may_open=False)
    tree.port("ttyUSB0")
    group = (tmp_path / "etc/group").read_text()
    tree.file("/etc/group", group.replace("dialout", "uucp"))
    assert "sudo usermod -aG uucp alex" in tree.trouble().cure


def test_a_login_that_is_older_than_its_group_is_told_apart(tmp_path: Path) -> None:
    tree = Tree(tmp_path, groups=(1000,), may_open=False)
    tree.port("ttyUSB0")
    tree.join_group()
    found = tree.trouble()
    assert "this login is older than that" in found.says
    assert "usermod" not in found.cure and "newgrp dialout" in found.cure


def test_a_port_for_root_alone_wants_the_rule(tmp_path: Path) -> None:
    tree = Tree(tmp_path, groups=(1000,), may_open=False)
    tree.port("ttyUSB0", mode=0o600)
    found = tree.trouble()
    assert found.says == "Nobody but root may open it." and "sudo cp" in found.cure


def test_a_right_that_does_not_help_points_at_a_policy(tmp_path: Path) -> None:
    tree = Tree(tmp_path, groups=(1000, GROUP, os.getgid()), may_open=False)
    tree.port("ttyUSB0")
    found = tree.trouble()
    assert found.verdict == "unsure" and "SELinux" in found.says


def test_the_show_has_it_and_that_is_good(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    path = tree.port("ttyUSB0")
    tree.runs(4242, "python3", "/srv/.venv/bin/python", "-m", "installation", "show", "--bus", "x",
              opens="/dev/ttyUSB0")  # fmt: skip
    tree.runs(4243, "sh", "sh", opens="/dev/ttyUSB1")
    found = tree.examine()[-1]
    assert (found.subject, found.verdict) == (path, "good")
    assert "The show has it (process 4242)" in found.says


@pytest.mark.parametrize(("name", "command", "says", "cure"), [
    ("serial-monitor", ["serial-monitor"], "the serial monitor of the Arduino IDE", "Close it"),
    ("java", ["java", "processing.app.Base"], "the Arduino IDE", "Close its serial monitor"),
    ("screen", ["SCREEN", "/dev/ttyUSB0"], "screen", "screen -S 4242 -X quit"),
    ("avrdude", ["avrdude", "-P"], "avrdude, which flashes", "Wait"),
    ("python3", ["python3", "-m", "installation", "nodes"], "-m installation nodes'", "kill 4242"),
    ("cat", ["cat", "/dev/ttyUSB0"], "'cat /dev/ttyUSB0'", "kill 4242"),
])  # fmt: skip
def test_who_else_has_it_is_named(
    tmp_path: Path, name: str, command: list[str], says: str, cure: str
) -> None:
    tree = Tree(tmp_path)
    tree.port("ttyUSB0")
    tree.runs(4242, name, *command, opens="/dev/ttyUSB0")
    found = tree.trouble()
    assert found.verdict == "bad" and says in found.says and "4242" in found.says
    assert found.cure.startswith(cure)


def test_another_users_show_is_known_by_its_lock(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.port("ttyUSB0")
    told = os.stat(tmp_path / "dev/ttyUSB0")
    place = f"{os.major(told.st_dev):02x}:{os.minor(told.st_dev):02x}:{told.st_ino}"
    tree.file("/proc/locks", f"1: FLOCK  ADVISORY  WRITE 4242 {place} 0 EOF\n"
                             f"2: -> FLOCK ADVISORY WRITE 9 {place} 0 EOF\n")  # fmt: skip
    tree.runs(4242, "python3", "/usr/bin/python3", "/srv/.venv/bin/installation", "run")
    assert "The show has it (process 4242)" in tree.examine()[-1].says


def test_an_ftdi_chip_is_made_to_hurry(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.port("ttyUSB0", id_=FTDI)
    timer = "/sys/bus/usb-serial/devices/ttyUSB0/latency_timer"
    tree.file(timer, "1\n")
    assert tree.troubles() == []
    tree.file(timer, "16\n")
    found = tree.trouble()
    assert "for 16 ms" in found.says and found.cure == f"echo 1 | sudo tee {timer}"


def test_a_board_is_kept_awake(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.port("ttyUSB0")
    folder = f"{tmp_path}/sys/bus/usb/devices/1-1/power"
    os.mkdir(folder)
    (Path(folder) / "control").write_text("on\n")
    assert tree.troubles() == []
    (Path(folder) / "control").write_text("auto\n")
    found = tree.trouble()
    assert "to sleep" in found.says and found.cure.startswith("echo on | sudo tee /sys/devices/")


def test_boards_that_share_a_name_are_both_seen_and_it_is_fine(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.port("ttyUSB0", "1-1", by_id="usb-1a86_USB_Serial-if00-port0")
    tree.port("ttyUSB1", "1-2", by_id="usb-1a86_USB_Serial-if00-port0")
    assert tree.troubles() == []
    found = tree.examine()[-1]
    assert found.subject == "/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0"
    assert "/dev/ttyUSB0, /dev/ttyUSB1 share this name" in found.says and "uid" in found.says
    assert "serial_ports = []" in found.cure and "by-path" in found.cure


def test_a_port_without_a_lasting_name_is_fine_for_a_node(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.port("ttyUSB0", by_id="")
    found = tree.examine()[-1]
    assert (found.subject, found.verdict) == ("/dev/ttyUSB0", "good")
    assert "no name in /dev/serial/by-id" in found.says


def test_a_hub_on_its_cable_gives_no_more_than_a_socket(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    hub = tree.usb("1-1", "1a40:0101", "hub", bDeviceClass="09", bmAttributes="80")
    for number in range(1, 5):
        tree.port(f"ttyUSB{number}", f"1-1.{number}", by_id=f"board{number}")
    assert tree.troubles() == []  # five times 100 mA
    tree.file(f"{hub}/1-1.4/bMaxPower", "500mA\n")
    found = tree.trouble()
    assert found.subject == "USB 1-1" and "900 mA, and a socket gives 500 mA" in found.says
    tree.file(f"{hub}/speed", "5000\n")
    assert tree.troubles() == []
    tree.file(f"{hub}/speed", "480\n")
    tree.file(f"{hub}/bmAttributes", "e0\n")
    assert tree.troubles() == []  # it has a supply of its own


@pytest.mark.parametrize(("line", "says"), [
    ("usb usb1-port2: over-current condition", "too much current"),
    ("usb 1-4: rejected 1 configuration due to insufficient available bus power", "little power"),
    ("usb 1-1: device descriptor read/64, error -71", "does not answer"),
    ("usb usb1-port3: unable to enumerate USB device", "does not answer"),
    ("usb 1-1-port3: disabled by hub (EMI?), re-enabling...", "interference"),
    ("usb 1-1: usbfs: interface 0 claimed by ch341 while 'brltty' sets config #1", "brltty"),
])  # fmt: skip
def test_the_kernels_complaint_is_told_while_it_is_fresh(
    tmp_path: Path, line: str, says: str
) -> None:
    tree = Tree(tmp_path)
    tree.port("ttyUSB0")
    tree.logs((7200 - 3700, line))
    assert tree.troubles() == []
    tree.logs((7200 - 1200, line), (7200 - 600, line))
    found = tree.trouble()
    assert says in found.says and f"10 minutes ago: '{line}'" in found.says and found.cure


def test_a_plug_that_was_pulled_again_and_again_is_loose(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.port("ttyUSB0")
    gone = "usb 1-1: USB disconnect, device number 5"
    tree.logs((6000, gone), (6100, gone), (6200, "usb 1-2: USB disconnect, device number 6"))
    assert tree.troubles() == []
    tree.logs((6000, gone), (6100, gone), (6200, gone))
    found = tree.trouble()
    assert (found.subject, found.verdict) == ("USB 1-1", "unsure") and "3 times" in found.says


def test_a_log_that_may_not_be_read_is_no_trouble(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.port("ttyUSB0")
    tree.folder("/dev/kmsg")
    assert tree.troubles() == []


def test_the_real_log_is_read_to_its_end() -> None:
    machine = Machine()
    messages = machine.log()
    if not os.access("/dev/kmsg", os.R_OK) or not messages:
        pytest.skip("this user may not read the kernel's log")
    assert all(m.text and m.ago_s > -60 for m in messages)
