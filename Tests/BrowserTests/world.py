"""A workspace whose services, titles, authors and notes bear names of thirty languages and two pictures."""
import json
import pathlib

# Service, what failed, who changed it.
NAMES = [
    ("خدمة-الدفع", "فشل الدفع بعد 3 محاولات", "ليلى حداد"), ("שירות-תשלום", "התשלום נכשל (שגיאה 502)", "נועה לוי"),
    ("پرداخت", "پرداخت ناموفق بود", "رضا احمدی"), ("ادائیگی", "ادائیگی ناکام ہوئی", "عائشہ خان"),
    ("支払い", "支払いが失敗しました", "佐藤 花子"), ("结账", "结账失败：连接池已满", "王小明"), ("結帳", "結帳失敗：連線逾時", "陳美玲"),
    ("결제", "결제가 실패했습니다", "김민준"), ("การชำระเงิน", "การชำระเงินล้มเหลวเพราะหมดเวลา", "สมชาย ใจดี"), ("ການຈ່າຍເງິນ", "ການຈ່າຍເງິນລົ້ມເຫລວ", "ບຸນມີ"),
    ("ការទូទាត់", "ការទូទាត់បានបរាជ័យ", "សុខា"), ("ငွေပေးချေမှု", "ငွေပေးချေမှု မအောင်မြင်ပါ", "အောင်အောင်"), ("भुगतान", "भुगतान विफल हुआ", "प्रिया शर्मा"),
    ("পেমেন্ট", "পেমেন্ট ব্যর্থ হয়েছে", "অনিক রায়"), ("கட்டணம்", "கட்டணம் தோல்வியடைந்தது", "கவிதா"), ("చెల్లింపు", "చెల్లింపు విఫలమైంది", "రవి"),
    ("ಪಾವತಿ", "ಪಾವತಿ ವಿಫಲವಾಗಿದೆ", "ಅನು"), ("പണമടയ്ക്കൽ", "പണമടയ്ക്കൽ പരാജയപ്പെട്ടു", "മീര"), ("ගෙවීම", "ගෙවීම අසාර්ථක විය", "නිමල්"),
    ("გადახდა", "გადახდა ვერ შესრულდა", "ნინო"), ("վճարում", "վճարումը ձախողվեց", "Արամ"), ("платежи", "Платёж не прошёл", "Ольга Иванова"),
    ("платіж", "Платіж не пройшов", "Олена Коваль"), ("πληρωμές", "Η πληρωμή απέτυχε", "Γιώργος Παππάς"), ("ödeme", "Ödeme başarısız oldu", "Işıl Çağlar"),
    ("płatności", "Płatność nie powiodła się", "Łukasz Żółć"), ("fizetés", "A fizetés sikertelen volt", "Ágnes Szőke"), ("thanh-toán", "Thanh toán thất bại", "Nguyễn Thị Hương"),
    ("paiement-été", "Le paiement a échoué", "Zoë L’Hôpital"), ("greiðsla", "Greiðsla mistókst", "Þórdís Æsa"),
    ("🔥-cart", "🛒 cart 🔥🔥 is on fire", "👩‍👩‍👧 team"), ("ẞuper-Donaudampfschifffahrtsgesellschaftskapitänszahlungsdienstüberwachung", "Donaudampfschifffahrtsgesellschaftskapitänszahlungsdienstüberwachungsfehler", "Jürgen Groß"),
]
START = 1772000000  # 2026-02-25


def write(folder: pathlib.Path) -> None:
    for name in ["alerts", "changes", "inbox"]:
        (folder / name).mkdir(parents=True)
    (folder / "caseboard.yaml").write_text(
        "title: الحالات ⇄ 事件 🔥\nsources:\n  - {name: تنبيهات, kind: alerts, path: alerts/*.jsonl}\n  - {name: changes, kind: changes, path: changes/*.jsonl}\n"
        "  - {name: calls, kind: topology, path: topology.csv}\n", encoding="utf-8")
    (folder / "topology.csv").write_text("caller,callee\n" + "".join(f"{a[0]},{b[0]}\n" for a, b in zip(NAMES, NAMES[1:])), encoding="utf-8")
    with (folder / "alerts/a.jsonl").open("w", encoding="utf-8") as alerts, (folder / "changes/c.jsonl").open("w", encoding="utf-8") as changes:
        for index, (service, title, author) in enumerate(NAMES):
            at = START + index * 30_000
            changes.write(json.dumps({"sha": f"{index + 1:040x}", "commit_time": at - 700, "author": author, "subject": f"{title} ({service})",
                                      "service": service, "files": [[f"src/{service}/main.rs", 3, 1]]}, ensure_ascii=False) + "\n")
            changes.write(json.dumps({"type": "deployment", "time": at - 300, "service": service, "version": f"4.{index}.0", "title": f"{service} 4.{index}.0",
                                      "author": author}, ensure_ascii=False) + "\n")
            for part in range(4):
                alerts.write(json.dumps({"time": at + part * 40, "title": title, "service": service, "severity": ["critical", "high", "medium"][index % 3],
                                         "body": f"{author}: {title}", "labels": {"part": str(part)}}, ensure_ascii=False) + "\n")
