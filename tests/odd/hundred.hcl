pipeline "p" {
  component "add" { python = "steps.py:add" }
  task "t0" {
    component = component.add
    arguments = { a = 0, b = 1 }
  }
  task "t1" {
    component = component.add
    arguments = { a = task.t0.output, b = 1 }
  }
  task "t2" {
    component = component.add
    arguments = { a = task.t1.output, b = 2 }
  }
  task "t3" {
    component = component.add
    arguments = { a = task.t2.output, b = 3 }
  }
  task "t4" {
    component = component.add
    arguments = { a = task.t3.output, b = 4 }
  }
  task "t5" {
    component = component.add
    arguments = { a = task.t4.output, b = 5 }
  }
  task "t6" {
    component = component.add
    arguments = { a = task.t5.output, b = 6 }
  }
  task "t7" {
    component = component.add
    arguments = { a = task.t6.output, b = 7 }
  }
  task "t8" {
    component = component.add
    arguments = { a = task.t7.output, b = 8 }
  }
  task "t9" {
    component = component.add
    arguments = { a = task.t8.output, b = 9 }
  }
  task "t10" {
    component = component.add
    arguments = { a = task.t9.output, b = 10 }
  }
  task "t11" {
    component = component.add
    arguments = { a = task.t10.output, b = 11 }
  }
  task "t12" {
    component = component.add
    arguments = { a = task.t11.output, b = 12 }
  }
  task "t13" {
    component = component.add
    arguments = { a = task.t12.output, b = 13 }
  }
  task "t14" {
    component = component.add
    arguments = { a = task.t13.output, b = 14 }
  }
  task "t15" {
    component = component.add
    arguments = { a = task.t14.output, b = 15 }
  }
  task "t16" {
    component = component.add
    arguments = { a = task.t15.output, b = 16 }
  }
  task "t17" {
    component = component.add
    arguments = { a = task.t16.output, b = 17 }
  }
  task "t18" {
    component = component.add
    arguments = { a = task.t17.output, b = 18 }
  }
  task "t19" {
    component = component.add
    arguments = { a = task.t18.output, b = 19 }
  }
  task "t20" {
    component = component.add
    arguments = { a = task.t19.output, b = 20 }
  }
  task "t21" {
    component = component.add
    arguments = { a = task.t20.output, b = 21 }
  }
  task "t22" {
    component = component.add
    arguments = { a = task.t21.output, b = 22 }
  }
  task "t23" {
    component = component.add
    arguments = { a = task.t22.output, b = 23 }
  }
  task "t24" {
    component = component.add
    arguments = { a = task.t23.output, b = 24 }
  }
  task "t25" {
    component = component.add
    arguments = { a = task.t24.output, b = 25 }
  }
  task "t26" {
    component = component.add
    arguments = { a = task.t25.output, b = 26 }
  }
  task "t27" {
    component = component.add
    arguments = { a = task.t26.output, b = 27 }
  }
  task "t28" {
    component = component.add
    arguments = { a = task.t27.output, b = 28 }
  }
  task "t29" {
    component = component.add
    arguments = { a = task.t28.output, b = 29 }
  }
  task "t30" {
    component = component.add
    arguments = { a = task.t29.output, b = 30 }
  }
  task "t31" {
    component = component.add
    arguments = { a = task.t30.output, b = 31 }
  }
  task "t32" {
    component = component.add
    arguments = { a = task.t31.output, b = 32 }
  }
  task "t33" {
    component = component.add
    arguments = { a = task.t32.output, b = 33 }
  }
  task "t34" {
    component = component.add
    arguments = { a = task.t33.output, b = 34 }
  }
  task "t35" {
    component = component.add
    arguments = { a = task.t34.output, b = 35 }
  }
  task "t36" {
    component = component.add
    arguments = { a = task.t35.output, b = 36 }
  }
  task "t37" {
    component = component.add
    arguments = { a = task.t36.output, b = 37 }
  }
  task "t38" {
    component = component.add
    arguments = { a = task.t37.output, b = 38 }
  }
  task "t39" {
    component = component.add
    arguments = { a = task.t38.output, b = 39 }
  }
  task "t40" {
    component = component.add
    arguments = { a = task.t39.output, b = 40 }
  }
  task "t41" {
    component = component.add
    arguments = { a = task.t40.output, b = 41 }
  }
  task "t42" {
    component = component.add
    arguments = { a = task.t41.output, b = 42 }
  }
  task "t43" {
    component = component.add
    arguments = { a = task.t42.output, b = 43 }
  }
  task "t44" {
    component = component.add
    arguments = { a = task.t43.output, b = 44 }
  }
  task "t45" {
    component = component.add
    arguments = { a = task.t44.output, b = 45 }
  }
  task "t46" {
    component = component.add
    arguments = { a = task.t45.output, b = 46 }
  }
  task "t47" {
    component = component.add
    arguments = { a = task.t46.output, b = 47 }
  }
  task "t48" {
    component = component.add
    arguments = { a = task.t47.output, b = 48 }
  }
  task "t49" {
    component = component.add
    arguments = { a = task.t48.output, b = 49 }
  }
  task "t50" {
    component = component.add
    arguments = { a = task.t49.output, b = 50 }
  }
  task "t51" {
    component = component.add
    arguments = { a = task.t50.output, b = 51 }
  }
  task "t52" {
    component = component.add
    arguments = { a = task.t51.output, b = 52 }
  }
  task "t53" {
    component = component.add
    arguments = { a = task.t52.output, b = 53 }
  }
  task "t54" {
    component = component.add
    arguments = { a = task.t53.output, b = 54 }
  }
  task "t55" {
    component = component.add
    arguments = { a = task.t54.output, b = 55 }
  }
  task "t56" {
    component = component.add
    arguments = { a = task.t55.output, b = 56 }
  }
  task "t57" {
    component = component.add
    arguments = { a = task.t56.output, b = 57 }
  }
  task "t58" {
    component = component.add
    arguments = { a = task.t57.output, b = 58 }
  }
  task "t59" {
    component = component.add
    arguments = { a = task.t58.output, b = 59 }
  }
  task "t60" {
    component = component.add
    arguments = { a = task.t59.output, b = 60 }
  }
  task "t61" {
    component = component.add
    arguments = { a = task.t60.output, b = 61 }
  }
  task "t62" {
    component = component.add
    arguments = { a = task.t61.output, b = 62 }
  }
  task "t63" {
    component = component.add
    arguments = { a = task.t62.output, b = 63 }
  }
  task "t64" {
    component = component.add
    arguments = { a = task.t63.output, b = 64 }
  }
  task "t65" {
    component = component.add
    arguments = { a = task.t64.output, b = 65 }
  }
  task "t66" {
    component = component.add
    arguments = { a = task.t65.output, b = 66 }
  }
  task "t67" {
    component = component.add
    arguments = { a = task.t66.output, b = 67 }
  }
  task "t68" {
    component = component.add
    arguments = { a = task.t67.output, b = 68 }
  }
  task "t69" {
    component = component.add
    arguments = { a = task.t68.output, b = 69 }
  }
  task "t70" {
    component = component.add
    arguments = { a = task.t69.output, b = 70 }
  }
  task "t71" {
    component = component.add
    arguments = { a = task.t70.output, b = 71 }
  }
  task "t72" {
    component = component.add
    arguments = { a = task.t71.output, b = 72 }
  }
  task "t73" {
    component = component.add
    arguments = { a = task.t72.output, b = 73 }
  }
  task "t74" {
    component = component.add
    arguments = { a = task.t73.output, b = 74 }
  }
  task "t75" {
    component = component.add
    arguments = { a = task.t74.output, b = 75 }
  }
  task "t76" {
    component = component.add
    arguments = { a = task.t75.output, b = 76 }
  }
  task "t77" {
    component = component.add
    arguments = { a = task.t76.output, b = 77 }
  }
  task "t78" {
    component = component.add
    arguments = { a = task.t77.output, b = 78 }
  }
  task "t79" {
    component = component.add
    arguments = { a = task.t78.output, b = 79 }
  }
  task "t80" {
    component = component.add
    arguments = { a = task.t79.output, b = 80 }
  }
  task "t81" {
    component = component.add
    arguments = { a = task.t80.output, b = 81 }
  }
  task "t82" {
    component = component.add
    arguments = { a = task.t81.output, b = 82 }
  }
  task "t83" {
    component = component.add
    arguments = { a = task.t82.output, b = 83 }
  }
  task "t84" {
    component = component.add
    arguments = { a = task.t83.output, b = 84 }
  }
  task "t85" {
    component = component.add
    arguments = { a = task.t84.output, b = 85 }
  }
  task "t86" {
    component = component.add
    arguments = { a = task.t85.output, b = 86 }
  }
  task "t87" {
    component = component.add
    arguments = { a = task.t86.output, b = 87 }
  }
  task "t88" {
    component = component.add
    arguments = { a = task.t87.output, b = 88 }
  }
  task "t89" {
    component = component.add
    arguments = { a = task.t88.output, b = 89 }
  }
  task "t90" {
    component = component.add
    arguments = { a = task.t89.output, b = 90 }
  }
  task "t91" {
    component = component.add
    arguments = { a = task.t90.output, b = 91 }
  }
  task "t92" {
    component = component.add
    arguments = { a = task.t91.output, b = 92 }
  }
  task "t93" {
    component = component.add
    arguments = { a = task.t92.output, b = 93 }
  }
  task "t94" {
    component = component.add
    arguments = { a = task.t93.output, b = 94 }
  }
  task "t95" {
    component = component.add
    arguments = { a = task.t94.output, b = 95 }
  }
  task "t96" {
    component = component.add
    arguments = { a = task.t95.output, b = 96 }
  }
  task "t97" {
    component = component.add
    arguments = { a = task.t96.output, b = 97 }
  }
  task "t98" {
    component = component.add
    arguments = { a = task.t97.output, b = 98 }
  }
  task "t99" {
    component = component.add
    arguments = { a = task.t98.output, b = 99 }
  }
}
